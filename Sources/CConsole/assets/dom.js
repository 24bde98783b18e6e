// Builds elements. Strings become text nodes, with hidden characters escaped; nothing here or elsewhere parses HTML.
import { age, duration, relative, utc, visible, visibleParts } from './text.js';

function append(element, child) {
  if (child === null || child === undefined || child === false) return;
  if (Array.isArray(child)) child.forEach((one) => append(element, one));
  else if (child instanceof Node) element.append(child);
  else {
    for (const part of visibleParts(String(child))) {
      if (typeof part === 'string') element.append(document.createTextNode(part));
      else element.append(h('span', { class: 'esc', title: 'hidden character' }, document.createTextNode(part.escape)));
    }
  }
}

/** `h('button', { class, onclick, 'aria-label', style: { height } }, ...children)`. */
export function h(name, properties, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties ?? {})) set(element, key, value);
  append(element, children);
  return element;
}

function set(element, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
  else if (key === 'style') for (const [name, text] of Object.entries(value)) element.style.setProperty(name, text);
  else if (key === 'value') element.value = value;
  else if (key === 'href') setLink(element, value);
  else element.setAttribute(key, value === true ? '' : visible(value));
}

// A link of ours leads to a page of ours, a download, or a place that we wrote ourselves.
function setLink(element, value) {
  if (/^(#|blob:|\/)/.test(value)) element.setAttribute('href', value);
}

/** An SVG element. */
export function s(name, properties, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(properties ?? {})) element.setAttribute(key, value);
  append(element, children);
  return element;
}

/** Puts other children into an element. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

const focusable = 'a, button, input, select, textarea, summary, [tabindex]';

/** The same for what is drawn again and again: what did not change stays, and so does the focus. */
export function renew(element, ...children) {
  const next = document.createElement(element.tagName);
  append(next, children);
  const isSame = next.childNodes.length === element.childNodes.length
    && [...next.childNodes].every((node, index) => node.isEqualNode(element.childNodes[index]));
  if (isSame) return element;
  const index = [...element.querySelectorAll(focusable)].indexOf(document.activeElement);
  element.replaceChildren(...next.childNodes);
  if (index >= 0) element.querySelectorAll(focusable)[index]?.focus({ preventScroll: true });
  return element;
}

/** A time that stays relative: `tick` renews all of them. */
export function time(ms) {
  if (!Number.isFinite(ms)) return h('span', { class: 'zero' }, '–');
  const date = new Date(ms);
  const known = Number.isNaN(date.getTime()) ? null : date.toISOString();
  return h('time', { datetime: known, title: utc(ms), 'data-ms': ms, tabindex: null }, relative(ms));
}

/** How long ago that was, in one unit; `tick` renews it, too. */
export const ageSince = (ms) => toldAge(h('span', { 'data-since': Math.round(ms / 1000) * 1000 }));

function toldAge(element) {
  const seconds = Math.max(0, Math.floor((Date.now() - Number(element.dataset.since)) / 1000));
  element.title = duration(seconds);
  if (element.textContent !== age(seconds)) element.textContent = age(seconds);
  return element;
}

export function tick() {
  document.querySelectorAll('[data-since]').forEach(toldAge);
  for (const element of document.querySelectorAll('time[data-ms]')) {
    const text = relative(Number(element.dataset.ms));
    if (element.textContent !== text) element.textContent = text;
  }
}

let fields = 0;
/** A control with its label and hint, tied together for screen readers. */
export function field(label, control, hint) {
  fields += 1;
  const id = control.id || `f${fields}`;
  control.id = id;
  if (hint) control.setAttribute('aria-describedby', `${id}h`);
  return h('div', { class: 'field' }, h('label', { for: id }, label), control,
    hint && h('span', { class: 'hint', id: `${id}h` }, hint));
}

export function check(label, input) {
  return h('label', { class: 'check' }, input, label);
}

export function select(options, value, properties) {
  const element = h('select', properties, options.map(([key, text]) => h('option', { value: key }, visible(text))));
  element.value = value;
  return element;
}

/** Rows of terms and what they are. */
export const pairs = (...rows) => h('dl', { class: 'pairs' },
  rows.filter(Boolean).map(([term, value]) => [h('dt', null, term), h('dd', null, value)]));

export const badge = (text, kind, title) => h('span', { class: `badge ${kind ?? ''}`, title }, text);
