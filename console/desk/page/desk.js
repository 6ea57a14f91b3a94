// What is nicer with a script; everything works without.
'use strict';

// A form that was sent is not sent again by a second press. An answer that is a download leaves the page as it is: then the button comes back.
document.addEventListener('submit', (event) => {
  const buttons = event.target.querySelectorAll('button');
  setTimeout(() => buttons.forEach((b) => { b.disabled = true; }), 0);
  setTimeout(() => buttons.forEach((b) => { b.disabled = b.matches('[data-off]'); }), 4000);
});
window.addEventListener('pageshow', () => document.querySelectorAll('button[disabled]:not([data-off])').forEach((b) => { b.disabled = false; }));

// A choice in a filter takes effect at once.
document.addEventListener('change', (event) => {
  const form = event.target.closest('form[data-live], form.filters');
  if (form && event.target.matches('select')) form.requestSubmit();
});

// "/" leads to the search, as in many programs.
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input, textarea, select')) return;
  const search = document.querySelector('.filters input');
  if (search) {
    event.preventDefault();
    search.focus();
    search.select();
  }
});


// The navigation shows the page that is open, however far down it stands.
const current = document.querySelector('nav.side [aria-current]');
if (current) {
  const nav = current.closest('nav');
  const below = current.getBoundingClientRect().bottom - nav.getBoundingClientRect().bottom;
  if (below > 0) nav.scrollTop += below + nav.clientHeight / 3;
}

// What changes by itself is drawn anew as the server sends it. When the work has ended the page is loaded once more, because other things can be
// done then; not under somebody's fingers.
const streamed = document.querySelector('[data-stream]');
if (streamed && window.EventSource) {
  let shown = streamed;
  const events = new EventSource(streamed.dataset.stream);
  events.onmessage = (event) => {
    const drawn = new DOMParser().parseFromString(event.data, 'text/html').querySelector('section');
    if (!drawn || drawn.isEqualNode(shown)) return;
    shown.replaceWith(drawn);
    shown = drawn;
  };
  events.addEventListener('rest', () => events.close());
  events.addEventListener('end', () => {
    events.close();
    const busy = document.activeElement && document.activeElement.matches('main input, main textarea, main select, main button');
    if (!busy && !document.querySelector('main details.formfold[open]')) location.reload();
  });
}

// A key presses the button, or leads to the field, that it is named after.
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.target.matches('input, textarea, select')) return;
  const named = Array.from(document.querySelectorAll('[data-key]')).find((e) => e.dataset.key === event.key.toLowerCase());
  if (!named || named.disabled) return;
  event.preventDefault();
  if (named.matches('button')) named.click();
  else named.focus();
});

// A page that looks after itself is read again when something has changed, unless somebody is at work in it.
const main = document.querySelector('main[data-mark]');
if (main) {
  const busy = () => document.querySelector('main details.rowdo[open], main button[disabled]:not([data-off])') || (document.activeElement && document.activeElement.matches('main input, main select, main textarea'));
  setInterval(async () => {
    if (document.hidden || busy()) return;
    try {
      const answer = await fetch(main.dataset.mark, { cache: 'no-store', redirect: 'error' });
      if (answer.ok && (await answer.text()) !== main.dataset.now && !busy()) location.replace(location.pathname.replace(/^(\/console\/queue\/\d+)\/.*$/, '$1') + location.search);
    } catch { /* the next time, perhaps */ }
  }, 3000);
}
