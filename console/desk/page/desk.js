// What is nicer with a script; everything works without.
'use strict';

// A form that was sent is not sent again by a second press. An answer that is a download leaves the page as it is: then the button comes back.
document.addEventListener('submit', (event) => {
  const buttons = event.target.querySelectorAll('button');
  setTimeout(() => buttons.forEach((b) => { b.disabled = true; }), 0);
  setTimeout(() => buttons.forEach((b) => { b.disabled = false; }), 4000);
});
window.addEventListener('pageshow', () => document.querySelectorAll('button[disabled]').forEach((b) => { b.disabled = false; }));

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

