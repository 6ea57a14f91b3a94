// The binding code on the staff's phone: shown until the phone is bound, sent with a tap.
import {el} from './dom.js';
import {post, Refused} from './server.js';
import {t, onLanguage} from './words.js';

export class StaffCode {
  constructor(phone) {
    this.phone = phone;
    this.code = '';
    this.bound = null;
    this.box = el('div', {class: 'code', hidden: true});
    phone.head.after(this.box);
    onLanguage(() => this.draw());
  }

  show({done}) {
    if (this.bound === !!done.staff) return;
    this.bound = !!done.staff;
    if (!this.bound && !this.code) this.fetch(false);
    this.draw();
  }

  async fetch(fresh) {
    try {
      this.code = (await post('staff/code', {fresh})).code;
    } catch (e) {
      if (!(e instanceof Refused)) throw e;
      this.code = '';
      this.phone.toast(t('code_failed'));
    }
    this.draw();
  }

  draw() {
    this.box.hidden = this.bound !== false;
    this.box.replaceChildren(
      el('button', {type: 'button', class: 'code-send', disabled: !this.code, on: {click: () => this.phone.act('say', {text: this.code})}},
        el('b', {text: this.code || '…'}), el('small', {text: t('code_text')})),
      el('button', {type: 'button', class: 'code-new', text: t('code_new'), on: {click: () => this.fetch(true)}}));
  }
}
