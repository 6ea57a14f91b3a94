// Talking to the sandbox: actions are POSTs, everything that shows comes over one stream.
import {t, has} from './words.js';

// Refused is an action that the sandbox or a platform did not take; its message is for the person.
export class Refused extends Error {
  constructor(code, text) {
    super(has('err_' + code) ? t('err_' + code) : text || t('err_failed'));
    this.code = code;
  }
}

// post does something. It throws Refused.
export async function post(path, body = {}) {
  let response;
  try {
    response = await fetch('/api/' + path, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
  } catch (e) {
    throw new Refused('network');
  }
  let answer = {};
  try { answer = await response.json(); } catch (e) { /* no JSON: a failure without words */ }
  if (!response.ok) throw new Refused(answer.code || 'failed', answer.text);
  return answer;
}

// The stream is given up for dead after this long without a sign of life; the server gives one every two seconds.
const patience = 12000;

// follow keeps a stream open: show(part, value) for each change, status(connected) when the connection comes or goes.
export function follow(parts, show, status) {
  let source;
  let watchdog;
  let run = '';
  const alive = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(() => { status(false); open(); }, patience);
  };
  const open = () => {
    if (source) source.close();
    source = new EventSource('/events');
    alive();
    source.addEventListener('hello', (e) => {
      const now = JSON.parse(e.data).run;
      if (run && run !== now) return location.reload(); // the demo was restarted, maybe with another page
      run = now;
      status(true);
      alive();
    });
    for (const part of parts) {
      source.addEventListener(part, (e) => { alive(); show(part, JSON.parse(e.data)); });
    }
    for (const sign of ['beat', 'caught-up']) source.addEventListener(sign, alive);
    source.onerror = () => {
      status(false);
      if (source.readyState === EventSource.CLOSED) { // an error page: the browser does not try again by itself
        clearTimeout(watchdog);
        watchdog = setTimeout(open, 2000);
      }
    };
  };
  open();
}
