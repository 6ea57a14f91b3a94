// The phone with WeChat: an Official Account's chat with its menu, links, template messages and the payment sheet.
import {el, icon, iconButton, link} from './dom.js';
import {Phone, clockOf, dayOf} from './phone.js';
import {openBrowser} from './browser.js';
import {t} from './words.js';

const pause = 5 * 60 * 1000; // WeChat writes the time when a chat goes on after five minutes

export class WeChat extends Phone {
  constructor(root, unread) {
    super('wechat', root, unread);
    this.mode = 'menu';
  }

  draw(view) {
    this.drawHead(view);
    this.drawFoot(view);
    this.chat.classList.toggle('strange', !view.following);
    return this.drawMessages(view.messages, timeBetween, (m) => this.bubble(m));
  }

  drawHead(view) {
    this.head.replaceChildren(
      el('span', {class: 'head-back'}, icon('back')),
      el('div', {class: 'head-name'}, el('b', {text: t('account')}), el('small', {text: t('account_kind')})),
      view.following ? iconButton('more', t('more'), () => this.actions([['unfollow', () => this.act('unfollow')]])) : el('span', {class: 'head-back'}),
    );
  }

  // ---- messages
  bubble(m) {
    if (m.from === 'system') return el('p', {class: 'separator', text: (m.parts || []).map((p) => p.text).join('')});
    const row = el('div', {class: 'row ' + m.from, data: {message: m.id}});
    row.append(el('span', {class: 'avatar ' + m.from, 'aria-hidden': 'true'}), m.kind === 'template' ? this.template(m) : this.text(m));
    return row;
  }

  text(m) {
    const bubble = el('div', {class: 'bubble'});
    if (m.from === 'me' && m.kind !== 'text') bubble.append(extraSign(m.kind));
    for (const p of m.parts || []) bubble.append(this.part(m, p));
    return bubble;
  }

  part(m, p) {
    if (!p.tap) return document.createTextNode(p.text);
    return link(p.text, p.url, () => this.tap(m, p));
  }

  tap(m, p) {
    this.act('tap', {message: m.id, tap: p.tap});
    if (p.url) openBrowser(this, p.url);
  }

  template(m) {
    return el('div', {class: 'bubble template'},
      el('b', {class: 'template-title', text: m.title}),
      el('dl', {}, ...(m.fields || []).map((f) => el('div', {}, el('dt', {text: f.name}), el('dd', {text: f.value})))),
      m.url ? el('button', {type: 'button', class: 'template-more', text: t('details'), on: {click: () => openBrowser(this, m.url)}}) : null);
  }

  // ---- the bottom: follow, menu or keyboard
  drawFoot(view) {
    const menu = view.menu || [];
    const mode = !view.following ? 'strange' : menu.length > 0 ? this.mode : 'typing';
    const looks = JSON.stringify([mode, menu, t('send')]);
    if (this.footLooks === looks) return;
    this.footLooks = looks;
    this.foot.className = 'composer ' + mode;
    if (mode === 'strange') this.foot.replaceChildren(...this.followCard());
    else if (mode === 'menu') this.foot.replaceChildren(...this.menuBar(menu));
    else this.foot.replaceChildren(...this.typeBar(menu));
  }

  followCard() {
    return [
      el('span', {class: 'follow-mark', 'aria-hidden': 'true'}),
      el('p', {class: 'follow-name', text: t('account')}),
      el('p', {text: t(this.last && this.last.messages.length ? 'followed_off' : 'follow_text')}),
      el('button', {type: 'button', class: 'big', id: 'wechat-follow', text: t('follow'), on: {click: () => this.act('follow')}}),
    ];
  }

  menuBar(menu) {
    const bar = [iconButton('keyboard', t('keyboard'), () => this.switchTo('typing'), 'toggle')];
    for (const entry of menu) {
      if (!entry.sub || !entry.sub.length) bar.push(el('button', {type: 'button', class: 'menu-key', text: entry.name, on: {click: () => this.choose(entry)}}));
      else bar.push(this.menuWithSub(entry));
    }
    return bar;
  }

  menuWithSub(entry) {
    const sub = el('div', {class: 'submenu', hidden: true},
      ...entry.sub.map((e) => el('button', {type: 'button', text: e.name, on: {click: () => { toggle(false); this.choose(e); }}})));
    const key = el('button', {type: 'button', class: 'menu-key has-sub', 'aria-haspopup': 'true', 'aria-expanded': 'false', label: t('menu_sub', entry.name), on: {click: () => toggle(sub.hidden)}},
      icon('menu'), el('span', {text: entry.name}));
    const away = (e) => { if (!box.contains(e.target)) toggle(false); };
    const toggle = (on) => {
      sub.hidden = !on;
      key.setAttribute('aria-expanded', String(on));
      document[on ? 'addEventListener' : 'removeEventListener']('click', away);
      if (on) sub.querySelector('button').focus();
    };
    const box = el('div', {class: 'menu-box', on: {keydown: (e) => { if (e.key === 'Escape' && !sub.hidden) { toggle(false); key.focus(); } }}}, key, sub);
    return box;
  }

  choose(entry) {
    this.act('menu', {key: entry.key || '', url: entry.url || ''});
    if (entry.url) openBrowser(this, entry.url);
  }

  typeBar(menu) {
    const {box, button} = this.line((text) => this.act('say', {text}));
    return [
      menu.length ? iconButton('menu', t('to_menu'), () => this.switchTo('menu'), 'toggle') : null,
      box,
      iconButton('plus', t('add'), () => this.extras([['voice', 'voice'], ['photo', 'photo'], ['location', 'place']], (kind) => this.extra(kind)), 'plus'),
      button,
    ].filter(Boolean);
  }

  switchTo(mode) {
    this.mode = mode;
    this.drawFoot(this.last);
    const focus = this.foot.querySelector(mode === 'typing' ? 'textarea' : 'button');
    if (focus) focus.focus();
  }

  extra(kind) {
    if (kind !== 'voice') {
      this.act('send', {kind});
      return;
    }
    const input = el('input', {type: 'text', maxlength: '200', label: t('voice_title')});
    const send = (e) => {
      e.preventDefault();
      close();
      this.act('send', {kind, text: input.value});
    };
    const close = this.open(el('form', {class: 'ask', on: {submit: send}}, el('b', {text: t('voice_title')}), el('p', {text: t('voice_text')}), input,
      el('div', {class: 'two'}, el('button', {type: 'button', class: 'quiet', text: t('cancel'), on: {click: () => close()}}), el('button', {type: 'submit', class: 'go', text: t('ok')}))),
    {label: t('voice_title'), sheet: true});
    input.focus();
  }
}

function extraSign(kind) {
  const sign = {voice: 'voice', image: 'photo', location: 'place', video: 'photo'}[kind];
  return sign ? icon(sign) : '';
}

function timeBetween(previous, m) {
  if (previous && new Date(m.at) - new Date(previous.at) < pause) return '';
  return dayOf(m.at) + ' ' + clockOf(m.at);
}
