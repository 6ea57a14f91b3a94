// What both chat apps have in common: a screen with a status bar, a list of messages, a line to type in, and layers on top.
import {el, icon, iconButton, keyed} from './dom.js';
import {post, Refused} from './server.js';
import {t, language, onLanguage} from './words.js';

const zone = 'Asia/Shanghai';

// clockOf writes an instant as 14:05, dayOf as 10月9日 周五.
export const clockOf = (iso) => new Intl.DateTimeFormat('en-GB', {timeZone: zone, hour: '2-digit', minute: '2-digit'}).format(new Date(iso));
export const dayOf = (iso) => new Intl.DateTimeFormat(language() === 'zh' ? 'zh-CN' : 'en-GB', {timeZone: zone, month: language() === 'zh' ? 'long' : 'short', day: 'numeric', weekday: 'short'}).format(new Date(iso));

export class Phone {
  // name is the phone's name at the server; unread(count) is called when messages arrive.
  constructor(name, root, unread) {
    this.name = name;
    this.root = root;
    this.unread = unread;
    this.last = null;
    this.status = el('div', {class: 'status', 'aria-hidden': 'true'}, el('span', {class: 'status-time', text: '–'}), el('span', {class: 'status-signs', text: '5G ▮▮▮'}));
    this.head = el('header', {class: 'chat-head'});
    this.list = el('div', {class: 'messages', role: 'log', 'aria-live': 'polite', tabindex: '0'});
    this.foot = el('footer', {class: 'composer'});
    this.chat = el('div', {class: 'chat'}, this.head, this.list, this.foot);
    this.layer = el('div', {class: 'layer', hidden: true});
    this.news = el('div', {class: 'notice', role: 'status', hidden: true});
    root.append(el('div', {class: 'screen'}, this.status, el('div', {class: 'app'}, this.chat, this.layer, this.news)));
    this.list.addEventListener('scroll', () => { this.stuck = atEnd(this.list); });
    this.stuck = true;
    new ResizeObserver(() => this.settle()).observe(this.list);
    onLanguage(() => this.relabel());
  }

  relabel() {
    this.list.setAttribute('aria-label', t('chat_of', t(this.name === 'wechat' ? 'account' : 'bot')));
    if (!this.last) return;
    this.list.known = new Map(); // the words around the messages change too
    this.list.replaceChildren();
    this.draw(this.last);
    this.newest();
  }

  // show draws what the server says is on the phone.
  show(value) {
    const before = this.last ? theirs(this.last.messages) : null;
    this.last = value;
    const added = this.draw(value);
    if (added) this.newest();
    else this.settle();
    if (before === null) return;
    const fresh = theirs(value.messages) - before;
    if (fresh > 0) this.unread(fresh);
  }

  // drawMessages puts the bubbles into the list, and the day or time between them where it changes.
  drawMessages(messages, separator, bubble, intro = '') {
    const items = messages.length || !intro ? [] : [{id: 'intro', separator: intro}];
    let previous = null;
    for (const m of messages) {
      const label = separator(previous, m);
      if (label) items.push({id: 'before-' + m.id, separator: label});
      items.push(m);
      previous = m;
    }
    return keyed(this.list, items, (m) => m.id, (m) => (m.separator ? el('p', {class: 'separator', text: m.separator, 'data-intro': m.id === 'intro'}) : bubble(m)));
  }

  newest() {
    this.stuck = true;
    this.list.scrollTop = this.list.scrollHeight;
    for (const img of this.list.querySelectorAll('img')) {
      if (!img.complete) img.addEventListener('load', () => this.settle(), {once: true});
    }
  }

  settle() {
    if (this.stuck) this.list.scrollTop = this.list.scrollHeight;
  }

  // act does something at the server and says it when it could not be done.
  async act(verb, body = {}) {
    try {
      return await post(this.name + '/' + verb, {...body, lang: language()});
    } catch (e) {
      if (!(e instanceof Refused)) throw e;
      this.toast(e.message);
      return null;
    }
  }

  // toast shows a line that goes away by itself.
  toast(text) {
    this.news.textContent = text;
    this.news.hidden = false;
    clearTimeout(this.fading);
    this.fading = setTimeout(() => { this.news.hidden = true; }, Math.max(3500, text.length * 70));
  }

  // open lays something over the chat until close is called. Escape closes it. It returns close.
  open(content, {label, sheet = false, onClose} = {}) {
    if (this.closeLayer) this.closeLayer();
    const before = document.activeElement;
    const box = el('div', {class: sheet ? 'sheet' : 'cover', role: 'dialog', 'aria-modal': 'true', label, tabindex: '-1'}, content);
    const close = () => {
      if (this.closeLayer !== close) return;
      this.closeLayer = null;
      this.layer.hidden = true;
      this.layer.replaceChildren();
      this.chat.inert = false;
      if (onClose) onClose();
      if (before && before.isConnected && this.root.contains(before)) before.focus({preventScroll: true});
    };
    this.layer.onkeydown = (e) => { if (e.key === 'Escape') { e.stopPropagation(); close(); } };
    this.layer.onclick = (e) => { if (e.target === this.layer) close(); };
    this.layer.replaceChildren(box);
    this.layer.classList.toggle('dim', sheet);
    this.layer.hidden = false;
    this.chat.inert = true;
    this.closeLayer = close;
    box.focus({preventScroll: true});
    return close;
  }

  // line is the box to type in. Enter sends; while an input method is composing, Enter is its own.
  line(send) {
    const box = el('textarea', {rows: '1', label: t('type_here'), placeholder: t('type_here'), enterkeyhint: 'send', autocomplete: 'off', maxlength: '6000'});
    const button = iconButton('send', t('send'), () => submit(), 'send');
    const fit = () => {
      box.style.height = 'auto';
      box.style.height = Math.min(box.scrollHeight, 110) + 'px';
      this.foot.classList.toggle('has-text', box.value.trim() !== '');
    };
    const submit = async () => {
      const text = box.value;
      if (text.trim() === '') return;
      box.value = '';
      fit();
      box.focus();
      if (await send(text) === null && box.value === '') { box.value = text; fit(); }
    };
    box.addEventListener('input', fit);
    box.addEventListener('keydown', (e) => {
      if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) { e.preventDefault(); submit(); }
    });
    return {box, button};
  }

  // extras is the sheet with what is not text.
  extras(kinds, choose) {
    const close = this.open(el('div', {class: 'extras'}, ...kinds.map(([kind, sign]) => el('button', {
      type: 'button', data: {kind}, on: {click: () => { close(); choose(kind); }},
    }, el('span', {class: 'extra-icon'}, icon(sign)), el('span', {text: t(kind)})))), {label: t('add'), sheet: true});
    this.layer.querySelector('button').focus();
  }

  // actions is a small sheet of commands: [words, what to do].
  actions(list) {
    const close = this.open(el('div', {class: 'actions'},
      ...list.map(([key, run]) => el('button', {type: 'button', text: t(key), on: {click: () => { close(); run(); }}})),
      el('button', {type: 'button', class: 'quiet', text: t('cancel'), on: {click: () => close()}})), {label: t('more'), sheet: true});
    this.layer.querySelector('button').focus();
  }
}

const theirs = (messages) => messages.filter((m) => m.from !== 'me').length;
const atEnd = (list) => list.scrollHeight - list.scrollTop - list.clientHeight < 40;
