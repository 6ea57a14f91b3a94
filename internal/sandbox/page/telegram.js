// A phone with Telegram: inline keyboards, edited messages, pictures, the menu of commands, and what pops up after a press.
import {el, icon, iconButton, link} from './dom.js';
import {Phone, clockOf, dayOf} from './phone.js';
import {openBrowser} from './browser.js';
import {openScanner} from './sheet.js';
import {t} from './words.js';

export class Telegram extends Phone {
  constructor(name, root, unread) {
    super(name, root, unread);
    this.toasts = null; // how many have been shown
  }

  draw(view) {
    this.drawHead(view);
    this.drawFoot(view);
    this.popUp(view.toasts);
    return this.drawMessages(view.messages, dayBetween, (m) => this.bubble(m), t(this.name === 'staff' ? 'st_intro' : 'tg_intro'));
  }

  get title() { return t(this.name === 'staff' ? 'staff_bot' : 'bot'); }

  drawHead(view) {
    const more = view.blocked ? [['unblock', () => this.act('unblock')]] : [['block', () => this.act('block')]];
    this.head.replaceChildren(
      el('span', {class: 'head-back'}, icon('back')),
      el('span', {class: 'avatar them', 'aria-hidden': 'true'}),
      el('div', {class: 'head-name'}, el('b', {text: this.title}), el('small', {text: t('bot_kind')})),
      view.started ? iconButton('more', t('more'), () => this.actions(more)) : el('span', {class: 'head-back'}),
    );
  }

  popUp(toasts) {
    const before = this.toasts;
    this.toasts = toasts.length;
    if (before === null || toasts.length <= before) return;
    const newest = toasts[toasts.length - 1];
    if (!newest.alert) {
      this.toast(newest.text);
      return;
    }
    const close = this.open(el('div', {class: 'ask'}, el('p', {text: newest.text}),
      el('button', {type: 'button', class: 'go', text: t('ok'), on: {click: () => close()}})), {label: newest.text, sheet: true});
    this.layer.querySelector('button').focus();
  }

  // ---- messages
  bubble(m) {
    const bubble = el('div', {class: 'bubble' + (m.photo ? ' with-photo' : '')});
    if (m.photo) bubble.append(this.picture(m));
    else if (m.file) bubble.append(this.document(m));
    else if (m.kind !== 'text') bubble.append(el('span', {class: 'extra'}, icon({voice: 'voice', location: 'place', sticker: 'smile'}[m.kind] || 'photo'), el('span', {text: t(m.kind + '_message')})));
    if (m.text) bubble.append(el('span', {class: 'words'}, ...linked(m.text, (url) => openBrowser(this, url))));
    bubble.append(el('span', {class: 'stamp', text: (m.edited ? t('edited') + ' ' : '') + clockOf(m.at)}));
    const row = el('div', {class: 'row ' + m.from, data: {message: m.id}}, bubble);
    if (m.buttons) row.append(el('div', {class: 'keys'}, ...m.buttons.map((keys) => el('div', {class: 'keys-row'}, ...keys.map((k) => this.key(m, k))))));
    return row;
  }

  picture(m) {
    const picture = el('img', {src: m.photo, alt: t('photo_message')});
    if (m.from === 'me') return picture;
    return el('button', {type: 'button', class: 'picture', label: t('open_photo'), on: {click: () => openScanner(this, m)}}, picture);
  }

  document(m) {
    const size = m.size < 1024 ? m.size + ' B' : Math.ceil(m.size / 1024) + ' KB';
    return el('a', {class: 'file', href: m.address, download: m.file, label: t('save_file') + ' ' + m.file},
      el('span', {class: 'file-sign'}, icon('file')), el('span', {class: 'file-words'}, el('b', {text: m.file}), el('small', {text: size})));
  }

  key(m, k) {
    const button = el('button', {type: 'button', class: 'key', data: {data: k.data || ''}}, el('span', {text: k.text}), k.url ? el('span', {class: 'key-away', text: '↗', 'aria-hidden': 'true'}) : null);
    button.addEventListener('click', async () => {
      if (k.url) {
        openBrowser(this, k.url);
        return;
      }
      button.classList.add('pressed');
      await this.act('press', {message: m.id, button: k.data});
      setTimeout(() => button.classList.remove('pressed'), 4000); // an answered press is drawn anew before that
    });
    return button;
  }

  // ---- the bottom: start, or the line to type in
  drawFoot(view) {
    const mode = view.blocked ? 'blocked' : view.started && view.messages.length ? 'typing' : 'strange';
    const looks = JSON.stringify([mode, view.commands, t('send')]);
    if (this.footLooks === looks) return;
    this.footLooks = looks;
    this.foot.className = 'composer ' + mode;
    const typed = this.foot.querySelector('textarea');
    const draft = typed ? typed.value : '';
    const focused = typed && typed === document.activeElement;
    if (mode === 'blocked') this.foot.replaceChildren(this.big('unblock', () => this.act('unblock')));
    else if (mode === 'strange') this.foot.replaceChildren(this.big('start', () => this.act('say', {text: '/start'})));
    else this.foot.replaceChildren(...this.typeBar(view, draft, focused));
  }

  big(key, run) { return el('button', {type: 'button', class: 'big', id: this.name + '-' + key, text: t(key), on: {click: run}}); }

  typeBar(view, draft, focused) {
    const {box, button} = this.line((text) => this.act('say', {text}));
    box.value = draft;
    if (focused) queueMicrotask(() => box.focus());
    const bar = [box, iconButton('clip', t('attach'), () => this.extras([['photo', 'photo'], ['voice', 'voice'], ['location', 'place'], ['sticker', 'smile']], (kind) => this.act('send', {kind})), 'plus'), button];
    if (view.commands.length) bar.unshift(el('button', {type: 'button', class: 'commands-key', on: {click: () => this.commands(view.commands)}}, icon('menu'), el('span', {text: t('commands')})));
    return bar;
  }

  commands(list) {
    const close = this.open(el('div', {class: 'commands'}, ...list.map((c) => el('button', {
      type: 'button', on: {click: () => { close(); this.act('say', {text: '/' + c.name}); }},
    }, el('span', {text: c.description}), el('code', {text: '/' + c.name})))), {label: t('commands'), sheet: true});
    this.layer.querySelector('button').focus();
  }
}

// linked turns the addresses in a text into links.
function linked(text, open) {
  return text.split(/(https?:\/\/[^\s<>"'，。）]+)/).map((piece, i) => (i % 2 ? link(piece, piece, () => open(piece)) : document.createTextNode(piece)));
}

function dayBetween(previous, m) {
  const day = dayOf(m.at);
  return previous && dayOf(previous.at) === day ? '' : day;
}
