// The pay page: counts down, opens WeChat's payment sheet, and asks for the result until it is there.
(() => {
  'use strict';
  const page = document.getElementById('pay');
  const data = page.dataset;
  const news = document.getElementById('news');
  const button = document.getElementById('pay-button');
  const began = performance.now();

  function say(key, bad) {
    if (!news) return;
    news.textContent = key ? data[key] : '';
    news.classList.toggle('bad', !!bad);
  }

  // ---- the state
  let timer = 0;
  let patience = 0; // how many fast questions are left after the person did something

  function reload() {
    location.replace(data.token + '?lang=' + data.lang);
  }

  function changed(now) {
    if (now.state !== data.state) return true;
    return data.text === 'paid_wait_text' && now.kept;
  }

  async function ask() {
    clearTimeout(timer);
    try {
      const res = await fetch(data.token + '/status?lang=' + data.lang, {headers: {Accept: 'application/json'}});
      const now = await res.json();
      if (res.ok && changed(now)) return reload();
      if (res.ok && !now.open) return;
    } catch (e) { /* the network is away: ask again */ }
    if (patience > 0) patience--;
    timer = setTimeout(ask, patience > 0 ? 1500 : 4000);
  }

  // ---- the countdown, by the server's clock: it told how many seconds there were when the page was made
  const left = document.getElementById('left');
  if (left) {
    const count = () => {
      const s = Math.max(0, Math.ceil(Number(data.remaining) - (performance.now() - began) / 1000));
      left.textContent = Math.floor(s / 60) + ':' + String(s % 60).padStart(2, '0');
      left.parentElement.classList.toggle('soon', s < 120);
      if (s === 0) { clearInterval(ticking); ask(); }
    };
    const ticking = setInterval(count, 1000);
  }

  // ---- WeChat's payment sheet
  function withBridge(run) {
    if (window.WeixinJSBridge) run(window.WeixinJSBridge);
    else document.addEventListener('WeixinJSBridgeReady', () => run(window.WeixinJSBridge), {once: true});
  }

  function finished(result) {
    button.disabled = false;
    const message = result && result.err_msg;
    if (message === 'get_brand_wcpay_request:ok') { // only a hint: the server asks WeChat Pay itself
      button.disabled = true;
      say('wait');
      patience = 20;
      ask();
    } else if (message === 'get_brand_wcpay_request:cancel') {
      say('cancelled');
    } else {
      say('failed', true);
    }
  }

  async function pay() {
    button.disabled = true;
    say('paying');
    try {
      const res = await fetch(data.token + '/bridge?lang=' + data.lang, {method: 'POST', headers: {Accept: 'application/json'}});
      const got = await res.json();
      if (!res.ok && got.state && got.state !== data.state) return reload();
      if (!got.bridge) throw new Error('no parameters');
      withBridge((bridge) => bridge.invoke('getBrandWCPayRequest', got.bridge, finished));
    } catch (e) {
      button.disabled = false;
      say('unavailable', true);
    }
  }

  if (button) button.addEventListener('click', pay);

  // ---- the QR code, which WeChat Pay may not give just now
  const qr = document.getElementById('qr');
  if (qr) {
    const missing = () => {
      qr.hidden = true;
      document.getElementById('no-code').hidden = false;
      ask(); // maybe there is nothing to pay any more
    };
    if (qr.complete && qr.naturalWidth === 0) missing();
    else qr.addEventListener('error', missing);
  }

  const paid = document.getElementById('i-paid');
  if (paid) {
    paid.addEventListener('click', (event) => {
      event.preventDefault();
      say('checking');
      patience = 10;
      ask();
    });
  }

  const close = document.getElementById('close');
  if (close) {
    withBridge((bridge) => {
      close.hidden = false;
      close.addEventListener('click', () => bridge.call('closeWindow'));
    });
  }

  if (data.open === 'true') timer = setTimeout(ask, 3000);
})();
