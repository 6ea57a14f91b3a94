// The clock bar: the demo's time, which runs on by itself between what the server tells, and the buttons that move it.
import {post, Refused} from './server.js';
import {t, language, onLanguage} from './words.js';

const zone = 'Asia/Shanghai';
const narrow = matchMedia('(max-width: 859px)');

export class ClockBar {
  constructor(root, phones) {
    this.root = root;
    this.phones = phones;
    this.now = null; // of the demo, in ms, at this.heard of the browser
    this.heard = 0;
    this.face = root.querySelector('#clock-face');
    this.moves = root.querySelector('#clock-moves');
    this.news = root.querySelector('#clock-news');
    this.to = root.querySelector('#clock-to');
    this.face.addEventListener('click', () => this.toggle());
    for (const b of this.moves.querySelectorAll('[data-move]')) b.addEventListener('click', () => this.move({minutes: Number(b.dataset.move)}));
    for (const b of this.moves.querySelectorAll('[data-named]')) b.addEventListener('click', () => this.move({named: b.dataset.named}));
    root.querySelector('#clock-form').addEventListener('submit', (e) => {
      e.preventDefault();
      this.move({to: this.to.value + ':00+08:00'});
    });
    document.addEventListener('keydown', (e) => { if (e.key === 'Escape') this.toggle(false); });
    document.addEventListener('click', (e) => { if (!root.contains(e.target)) this.toggle(false); });
    setInterval(() => this.tick(), 500);
    onLanguage(() => this.tick());
  }

  toggle(on = !this.root.classList.contains('open')) {
    this.root.classList.toggle('open', on);
    this.face.setAttribute('aria-expanded', String(on));
    if (on && this.now !== null) this.to.value = inputValue(this.time());
  }

  show(value) {
    this.now = Date.parse(value.now);
    this.heard = performance.now();
    const visit = value.visit ? Date.parse(value.visit) : 0;
    const left = {eve_18: visit && eve(visit) - this.now, before_visit: visit && visit - 2 * 3600e3 - this.now};
    for (const b of this.moves.querySelectorAll('[data-visit]')) b.hidden = !(left[b.dataset.named] > 0);
    for (const b of this.moves.querySelectorAll('button')) b.disabled = value.moving;
    this.root.classList.toggle('moving', value.moving);
    this.tick();
  }

  time() { return this.now + (performance.now() - this.heard); }

  tick() {
    if (this.now === null) return;
    const at = new Date(this.time());
    const zh = language() === 'zh';
    this.root.querySelector('#clock-date').textContent = new Intl.DateTimeFormat(zh ? 'zh-CN' : 'en-GB', {timeZone: zone, year: narrow.matches ? undefined : 'numeric', month: zh ? 'long' : 'short', day: 'numeric', weekday: 'short'}).format(at);
    this.root.querySelector('#clock-time').textContent = new Intl.DateTimeFormat('en-GB', {timeZone: zone, hour: '2-digit', minute: '2-digit', second: narrow.matches ? undefined : '2-digit'}).format(at);
    const short = new Intl.DateTimeFormat('en-GB', {timeZone: zone, hour: '2-digit', minute: '2-digit'}).format(at);
    for (const p of this.phones) p.status.firstChild.textContent = short;
  }

  async move(body) {
    this.news.textContent = t('moving');
    try {
      const {now} = await post('clock', body);
      const at = new Intl.DateTimeFormat(language() === 'zh' ? 'zh-CN' : 'en-GB', {timeZone: zone, dateStyle: 'long', timeStyle: 'short'}).format(new Date(now));
      this.news.textContent = t('moved', at);
      this.toggle(false);
    } catch (e) {
      if (!(e instanceof Refused)) throw e;
      this.news.textContent = e.message;
      for (const p of this.phones) p.toast(e.message);
    }
  }
}

// eve is 18:00 Shanghai time on the day before.
function eve(visit) {
  const day = Math.floor((visit + 8 * 3600e3) / 86400e3);
  return (day - 1) * 86400e3 + 10 * 3600e3;
}

function inputValue(ms) {
  return new Date(ms + 8 * 3600e3).toISOString().slice(0, 16);
}
