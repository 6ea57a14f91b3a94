// Puts the page together: the parts that the stream feeds, the tabs of a narrow screen, the language.
import {follow} from './server.js';
import {WeChat} from './wechat.js';
import {Telegram} from './telegram.js';
import {ClockBar} from './clock.js';
import {Guide} from './guide.js';
import {StaffCode} from './staff.js';
import {t, language, onLanguage, setLanguage, translate} from './words.js';

const $ = (selector) => document.querySelector(selector);
const unread = {};

// ---- tabs: on a wide screen everything is in sight, and nothing is unread
const narrow = matchMedia('(max-width: 859px)');

function shown(panel) { return !narrow.matches || document.body.dataset.tab === panel; }

function go(panel) {
  document.body.dataset.tab = panel;
  unread[panel] = 0;
  drawTabs();
  const section = $('#' + panel);
  if (!narrow.matches) section.scrollIntoView({behavior: 'smooth', block: 'nearest'});
  const chat = phones.find((p) => p.name === panel);
  if (chat) chat.newest();
}

function drawTabs() {
  for (const tab of document.querySelectorAll('.tabs button')) {
    const n = unread[tab.dataset.tab] || 0;
    const badge = tab.querySelector('.badge');
    badge.hidden = n === 0;
    badge.textContent = n > 99 ? '99+' : String(n);
    if (n) badge.setAttribute('aria-label', t('unread', n));
    if (document.body.dataset.tab === tab.dataset.tab) tab.setAttribute('aria-current', 'page');
    else tab.removeAttribute('aria-current');
  }
}

function arrived(panel) {
  return (n) => {
    if (shown(panel)) return;
    unread[panel] = (unread[panel] || 0) + n;
    drawTabs();
  };
}

// ---- the parts
const wechat = new WeChat($('#wechat .phone'), arrived('wechat'));
const telegram = new Telegram('telegram', $('#telegram .phone'), arrived('telegram'));
const staff = new Telegram('staff', $('#staff .phone'), arrived('staff'));
const phones = [wechat, telegram, staff];
const clock = new ClockBar($('.clock'), phones);
const guide = new Guide($('#guide'), go);
const code = new StaffCode(staff);
const parts = {
  wechat: (v) => wechat.show(v),
  telegram: (v) => telegram.show(v),
  staff: (v) => staff.show(v),
  clock: (v) => clock.show(v),
  guide: (v) => { guide.show(v); code.show(v); },
};

for (const tab of document.querySelectorAll('.tabs button')) tab.addEventListener('click', () => go(tab.dataset.tab));
for (const b of document.querySelectorAll('.langs button')) b.addEventListener('click', () => setLanguage(b.dataset.lang));
onLanguage(() => {
  document.documentElement.lang = language() === 'zh' ? 'zh-CN' : 'en';
  translate(document);
  for (const b of document.querySelectorAll('.langs button')) b.setAttribute('aria-pressed', String(b.dataset.lang === language()));
  drawTabs();
});
follow(Object.keys(parts), (part, value) => parts[part](value), (connected) => { $('#offline').hidden = connected; });
