// The browser inside a phone: the program's own page in a frame, and for WeChat what WeixinJSBridge asks of the app.
import {el, iconButton} from './dom.js';
import {openPayment, openPageScanner} from './sheet.js';
import {t} from './words.js';

// openBrowser opens an address inside the phone. Only the program's pages are reachable there; others get a tab.
export function openBrowser(phone, address) {
  let url;
  try { url = new URL(address, location.href); } catch (e) { return; }
  if (!url.pathname.startsWith('/pay/') && !url.pathname.startsWith('/files/')) {
    if (url.protocol === 'http:' || url.protocol === 'https:') window.open(url.href, '_blank', 'noopener');
    return;
  }
  const frame = el('iframe', {
    src: '/' + phone.name + '-browser' + url.pathname + url.search, title: t('browser'), sandbox: 'allow-scripts allow-same-origin allow-forms',
  });
  const scanner = el('button', {type: 'button', class: 'browser-scan', text: t('scan_page'), hidden: true, on: {click: () => openPageScanner(phone, over, url.pathname)}});
  const over = el('div', {class: 'over', hidden: true});
  const listen = (e) => {
    if (e.source !== frame.contentWindow || e.origin !== location.origin || !e.data || e.data.from !== 'bridge') return;
    bridge(phone, frame, over, close, e.data);
  };
  window.addEventListener('message', listen);
  frame.addEventListener('load', () => { scanner.hidden = !frame.contentDocument || !frame.contentDocument.getElementById('qr'); });
  const close = phone.open(el('div', {class: 'browser'},
    el('header', {class: 'browser-head'}, iconButton('close', t('close'), () => close()), el('span', {text: url.host}),
      el('a', {class: 'browser-away', href: url.href, target: '_blank', rel: 'noopener', label: t('open_outside'), text: '↗'})),
    frame,
    phone.name === 'wechat' ? null : scanner,
    over,
  ), {label: t('browser'), onClose: () => window.removeEventListener('message', listen)});
}

// bridge answers one call of the page's WeixinJSBridge.
function bridge(phone, frame, over, close, call) {
  const reply = (result) => frame.contentWindow && frame.contentWindow.postMessage({to: 'bridge', id: call.id, result}, location.origin);
  if (call.name === 'closeWindow') close();
  else if (call.name === 'getBrandWCPayRequest') openPayment(phone, over, call.params, reply);
  else reply({err_msg: 'system:function_not_exist'});
}
