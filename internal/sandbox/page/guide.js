// What there is to try. Steps tick themselves off as they happen; the first that is not done is open.
import {el, icon} from './dom.js';
import {t, onLanguage} from './words.js';

// A step, the panel where it happens, and what its help has in it.
const steps = [
  ['book', 'wechat', '11010519491231002X'], ['pay', 'wechat'], ['scan', 'telegram'], ['remind', 'clock'],
  ['cancel', 'wechat'], ['staff', 'staff'], ['broadcast', 'staff'], ['stop', 'staff'],
];

export class Guide {
  constructor(root, go) {
    this.list = root.querySelector('#steps');
    this.done = {};
    this.opened = null;
    this.go = go;
    onLanguage(() => this.draw());
  }

  show(value) {
    this.done = value.done;
    this.draw();
  }

  draw() {
    const next = steps.find(([name]) => !this.done[name]);
    const looks = JSON.stringify([this.done, this.opened, t('done')]);
    if (looks === this.looks) return;
    this.looks = looks;
    const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.step : '';
    this.list.replaceChildren(...steps.map(([name, panel, detail]) => {
      const open = this.opened === null ? next && next[0] === name : this.opened === name;
      return this.step(name, panel, detail, open);
    }));
    if (focused) this.list.querySelector(`[data-step="${focused}"]`).focus({preventScroll: true});
  }

  step(name, panel, detail, open) {
    const done = !!this.done[name];
    return el('li', {class: (done ? 'done' : '') + (open ? ' open' : ''), data: {name}},
      el('button', {type: 'button', class: 'step', 'aria-expanded': String(open), data: {step: name}, on: {click: () => { this.opened = open ? '' : name; this.draw(); }}},
        el('span', {class: 'tick'}, done ? icon('check') : null), el('span', {text: t('s_' + name)}), done ? el('span', {class: 'unseen', text: t('done')}) : null),
      open ? el('div', {class: 'step-help'}, el('p', {text: t('h_' + name, detail)}),
        panel === 'clock' ? null : el('button', {type: 'button', class: 'step-go', text: t('tab_' + panel) === 'tab_' + panel ? 'Telegram' : t('tab_' + panel), on: {click: () => this.go(panel)}})) : null);
  }
}
