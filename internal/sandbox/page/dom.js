// Building elements. Text goes in as text nodes only: nothing that a stranger wrote is ever parsed as HTML.

// el makes an element. Properties: class, text, on (events), data, label (aria-label); everything else is an attribute.
export function el(tag, props = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === 'class') e.className = value;
    else if (name === 'text') e.textContent = value;
    else if (name === 'label') e.setAttribute('aria-label', value);
    else if (name === 'on') for (const [event, fn] of Object.entries(value)) e.addEventListener(event, fn);
    else if (name === 'data') Object.assign(e.dataset, value);
    else e.setAttribute(name, value === true ? '' : value);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined && c !== false));
  return e;
}

const svg = 'http://www.w3.org/2000/svg';

// icon draws a symbol of the page's sprite.
export function icon(name) {
  const s = document.createElementNS(svg, 'svg');
  s.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(svg, 'use');
  use.setAttribute('href', '#i-' + name);
  s.append(use);
  return s;
}

// iconButton is a button that shows only an icon.
export function iconButton(name, label, onClick, cls = '') {
  return el('button', {type: 'button', class: 'icon ' + cls, label, title: label, on: {click: onClick}}, icon(name));
}

// link is words that can be tapped. It breaks over lines as words do, which a button does not. The address, if there is one, is
// for looking at: where it leads is for open to say.
export function link(text, address, open) {
  const safe = /^https?:/.test(address || '') ? address : '#';
  return el('a', {class: 'link', href: safe, text, draggable: 'false', on: {click: (e) => { e.preventDefault(); open(); }}});
}

// keyed shows a list of items and touches only what has changed. make(item) builds an item's element; items that look the
// same as before keep theirs, and with it the focus and what is selected in it.
export function keyed(container, items, key, make) {
  const known = container.known || new Map();
  const next = new Map();
  let at = container.firstChild;
  let added = false;
  for (const item of items) {
    const id = key(item);
    const looks = JSON.stringify(item);
    const old = known.get(id);
    let node = old && old.node;
    if (!old || old.looks !== looks) {
      const fresh = make(item);
      if (!old) added = true;
      else replace(node, fresh);
      if (at === node && old) at = fresh;
      node = fresh;
    }
    next.set(id, {looks, node});
    if (node === at) at = at.nextSibling;
    else container.insertBefore(node, at);
  }
  for (const [id, {node}] of known) if (!next.has(id)) node.remove();
  container.known = next;
  return added;
}

// replace puts a new element in the place of an old one; a focus within it goes to the new one's first control.
function replace(old, fresh) {
  const focused = old.contains(document.activeElement);
  old.replaceWith(fresh);
  if (focused) (fresh.querySelector('button, a, [tabindex]') || fresh).focus({preventScroll: true});
}
