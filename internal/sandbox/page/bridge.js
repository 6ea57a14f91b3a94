// WeChat puts WeixinJSBridge into every page that it shows. In the demo the page around the frame is WeChat.
(() => {
  'use strict';
  if (window.parent === window) return;
  const waiting = new Map();
  let calls = 0;

  window.addEventListener('message', (e) => {
    if (e.source !== window.parent || e.origin !== location.origin || !e.data || e.data.to !== 'bridge') return;
    const answer = waiting.get(e.data.id);
    waiting.delete(e.data.id);
    if (answer) answer(e.data.result);
  });

  function invoke(name, params, answer) {
    calls++;
    if (typeof answer === 'function') waiting.set(calls, answer);
    window.parent.postMessage({from: 'bridge', id: calls, name, params: params || {}}, location.origin);
  }

  window.WeixinJSBridge = {invoke, call: (name) => invoke(name), on: () => {}};
  document.addEventListener('DOMContentLoaded', () => document.dispatchEvent(new Event('WeixinJSBridgeReady')));
})();
