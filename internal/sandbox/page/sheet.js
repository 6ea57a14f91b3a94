// WeChat Pay on a phone: the payment sheet of a page, and the camera pointed at a code.
import {el, icon, iconButton} from './dom.js';
import {post, Refused} from './server.js';
import {t} from './words.js';

// openPayment shows the sheet that a page inside WeChat asked for; reply gets what the page is told.
export async function openPayment(phone, over, params, reply) {
  const close = () => { over.hidden = true; over.replaceChildren(); };
  try {
    const order = await post('wechat/sheet', params);
    paymentSheet(over, order, {
      pay: () => post('wechat/pay', params),
      paid: () => { close(); reply({err_msg: 'get_brand_wcpay_request:ok'}); },
      left: () => { close(); reply({err_msg: 'get_brand_wcpay_request:cancel'}); },
    });
  } catch (e) {
    if (!(e instanceof Refused)) throw e;
    phone.toast(e.message);
    reply({err_msg: 'get_brand_wcpay_request:fail', err_desc: e.message});
  }
}

// openScanner shows the picture of a message, which WeChat on another phone can scan.
export function openScanner(phone, message) {
  const over = el('div', {class: 'over', hidden: true});
  const close = phone.open(el('div', {class: 'viewer'},
    iconButton('close', t('close'), () => close(), 'viewer-close'),
    el('img', {src: message.photo, alt: t('photo_message')}),
    el('p', {text: t('scan_text')}),
    el('button', {type: 'button', class: 'scan', on: {click: () => scan(phone, over, {message: message.id}, close)}}, icon('scan'), el('span', {text: t('scan')})),
    over,
  ), {label: t('open_photo')});
}

// openPageScanner scans the code that the page in the phone's browser shows.
export function openPageScanner(phone, over, page) { scan(phone, over, {page}, () => {}); }

async function scan(phone, over, what, done) {
  const close = () => { over.hidden = true; over.replaceChildren(); };
  try {
    const order = await post(phone.name + '/scan', what);
    paymentSheet(over, order, {
      pay: () => post(phone.name + '/pay', {code: order.code}),
      paid: () => { close(); done(); },
      left: close,
    });
  } catch (e) {
    if (!(e instanceof Refused)) throw e;
    phone.toast(e.message);
  }
}

// paymentSheet is the sheet itself: {pay, paid, left} are what it does.
function paymentSheet(over, order, {pay, paid, left}) {
  const news = el('p', {class: 'pay-news', role: 'status'});
  const confirm = el('button', {type: 'button', class: 'pay-confirm', text: t('pay_confirm')});
  const box = el('div', {class: 'pay-sheet', role: 'dialog', 'aria-modal': 'true', label: t('wxpay'), tabindex: '-1'},
    el('header', {}, iconButton('close', t('close'), () => left()), el('b', {text: t('wxpay')})),
    el('p', {class: 'pay-to', text: order.description || t('pay_to')}),
    el('p', {class: 'pay-sum'}, el('small', {text: '¥'}), el('span', {text: order.amount})),
    el('p', {class: 'pay-with'}, el('span', {text: t('pay_method')}), el('span', {text: t('pay_wallet')})),
    news, confirm);
  box.addEventListener('keydown', (e) => { if (e.key === 'Escape') { e.stopPropagation(); left(); } });
  confirm.addEventListener('click', async () => {
    confirm.disabled = true;
    news.textContent = t('pay_asking');
    try {
      await pay();
      success(box, order, paid);
    } catch (e) {
      if (!(e instanceof Refused)) throw e;
      news.textContent = e.message;
      confirm.disabled = false;
    }
  });
  over.replaceChildren(box);
  over.hidden = false;
  confirm.focus();
}

function success(box, order, paid) {
  const finish = el('button', {type: 'button', class: 'pay-finish', text: t('done_button'), on: {click: () => paid()}});
  box.replaceChildren(
    el('span', {class: 'pay-tick'}, icon('check')),
    el('p', {class: 'pay-ok', role: 'status', text: t('pay_done')}),
    el('p', {class: 'pay-sum'}, el('small', {text: '¥'}), el('span', {text: order.amount})),
    finish);
  finish.focus();
}
