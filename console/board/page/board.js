// The board stays as the server sends it; the script brings the news, shows a new call large, and has it spoken.
'use strict';

const body = document.body;
const rooms = document.getElementById('rooms');
const clock = document.getElementById('clock');
const calling = document.getElementById('calling');
const away = document.getElementById('away');
const button = document.getElementById('voice');
const synth = window.speechSynthesis;

let known = null; // the calls that were shown; null before the first news: what was called before is not said again
let heard = Date.now(); // when the last news came
let speaks = true;
let clearing = 0;

try { speaks = localStorage.getItem('board.voice') !== 'off'; } catch { /* no storage: the voice is on */ }

function show(news) {
  heard = Date.now();
  away.hidden = true;
  clock.textContent = news.time;
  if (rooms.dataset.html !== news.html) {
    rooms.dataset.html = news.html;
    rooms.innerHTML = news.html; // from our own template, which escapes
  }
  const fresh = known === null ? [] : news.calls.filter((c) => !known.has(c.key));
  known = new Set(news.calls.map((c) => c.key));
  fresh.forEach(announce);
}

function announce(call) {
  calling.textContent = call.show;
  calling.classList.remove('new');
  void calling.offsetWidth; // so that the animation begins again
  calling.classList.add('new');
  clearTimeout(clearing);
  clearing = setTimeout(() => { calling.textContent = ''; }, 20000);
  if (synth && speaks) for (let n = 0; n < 2; n++) speak(call.say); // twice, as in every waiting room
}

function speak(text) {
  const u = new SpeechSynthesisUtterance(text);
  u.lang = body.dataset.voice;
  u.rate = 0.85;
  u.onerror = (e) => { if (e.error === 'not-allowed') tap(true); }; // a browser that wants to be touched first
  u.onstart = () => tap(false);
  synth.speak(u);
}

function tap(needed) {
  button.classList.toggle('tap', needed);
  button.textContent = needed ? body.dataset.tap : speaks ? body.dataset.speaking : body.dataset.silent;
}

if (synth) {
  button.hidden = false;
  tap(false);
  button.addEventListener('click', (event) => {
    event.stopPropagation();
    if (!button.classList.contains('tap')) speaks = !speaks;
    try { localStorage.setItem('board.voice', speaks ? 'on' : 'off'); } catch { /* then only for now */ }
    if (!speaks) synth.cancel();
    tap(false);
  });
  document.addEventListener('click', () => tap(false)); // from now on the browser lets it speak
}

// News by events; where they do not come through, by asking.
const source = window.EventSource ? new EventSource(body.dataset.events) : null;
if (source) source.addEventListener('board', (event) => show(JSON.parse(event.data)));

setInterval(async () => {
  if (Date.now() - heard < 25000) return;
  if (source && source.readyState === EventSource.CLOSED && Date.now() - heard > 300000) location.reload(); // it was refused for good: perhaps the program is a newer one
  try {
    const answer = await fetch(body.dataset.state, { cache: 'no-store' });
    if (!answer.ok) throw new Error(answer.status);
    show(await answer.json());
    heard = Date.now() - 20000; // and ask again in five seconds, until events come
  } catch {
    away.hidden = false;
  }
}, 5000);
