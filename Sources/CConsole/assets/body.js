// Shows a body: as a JSON tree with exact numbers, as text, in hex or base64.
import { fill, h } from './dom.js';
import { format, parse } from './json.js';
import { base64FromBytes, bytes, bytesFromBase64, count } from './text.js';
import { copyButton } from './copy.js';
import { run } from './dialog.js';

const TREE_BYTES_MAX = 2_000_000;
const TEXT_SHOWN_MAX = 200_000;
const HEX_SHOWN_MAX = 16_384;
const CHILDREN_SHOWN = 100;

/** The body of a message of the API, whichever way it travelled. */
export function bodyOf(message) {
  if (typeof message.body === 'string') return { text: message.body, data: new TextEncoder().encode(message.body) };
  if (typeof message.body_base64 === 'string') return { text: null, data: bytesFromBase64(message.body_base64) };
  return { text: null, data: null };
}

function brief(node) {
  if (node.kind === 'object') return `{ ${node.members.length === 0 ? '' : `${count(node.members.length)} `}}`;
  return `[ ${node.items.length === 0 ? '' : `${count(node.items.length)} `}]`;
}

const leafClass = { string: 'str', number: 'num', literal: 'lit' };

function line(name, node, depth) {
  const label = name === null ? null : [h('span', { class: 'key' }, name), ': '];
  if (leafClass[node.kind]) {
    const text = node.kind === 'string' ? `"${node.text}"` : node.text;
    return h('li', null, label, h('span', { class: leafClass[node.kind] }, text));
  }
  const children = node.kind === 'object' ? node.members
    : node.items.map((value, index) => ({ name: String(index), value }));
  if (children.length === 0) return h('li', null, label, brief(node));
  return h('li', null, branch(label, node, children, depth));
}

// Children are built when they are seen: a body of a megabyte has many.
function branch(label, node, children, depth) {
  const list = h('ul');
  let shown = 0;
  const more = () => {
    const until = Math.min(children.length, shown + CHILDREN_SHOWN);
    for (; shown < until; shown += 1) list.append(line(children[shown].name, children[shown].value, depth + 1));
    if (shown < children.length) list.append(moreButton(children.length - shown, list, more));
  };
  const details = h('details', {
    open: depth < 2,
    ontoggle: () => { if (details.open && shown === 0) more(); },
  }, h('summary', null, label, h('span', { class: 'more' }, brief(node))), list);
  if (depth < 2) more();
  return details;
}

function moreButton(left, list, more) {
  const item = h('li', null, h('button', { type: 'button', class: 'small', onclick: () => { item.remove(); more(); } },
    `${count(left)} more`));
  return item;
}

function hex(data) {
  const lines = [];
  for (let from = 0; from < Math.min(data.length, HEX_SHOWN_MAX); from += 16) {
    const part = [...data.subarray(from, from + 16)];
    const digits = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = part.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '·')).join('');
    lines.push(`${from.toString(16).padStart(8, '0')}  ${digits.padEnd(47)}  ${text}`);
  }
  return lines.join('\n');
}

function cut(text, length, whole) {
  const rest = text.length > length ? `The first part is shown; copy or download has all of it (${bytes(whole)}).`
    : null;
  return [h('pre', { tabindex: 0 }, text.slice(0, length)), rest && h('p', { class: 'quiet-text' }, rest)];
}

function views({ text, data }) {
  const tree = text !== null && data.length <= TREE_BYTES_MAX && /^\s*[[{]/.test(text) ? parse(text) : undefined;
  const list = [];
  if (tree) list.push(['JSON', () => h('ul', { class: 'tree' }, line(null, tree, 0)), () => format(tree)]);
  if (text !== null) list.push(['Text', () => cut(text, TEXT_SHOWN_MAX, data.length), () => text]);
  list.push(['Hex', () => [h('pre', { class: 'hex', tabindex: 0 }, hex(data)),
    data.length > HEX_SHOWN_MAX && h('p', { class: 'quiet-text' },
      `The first ${bytes(HEX_SHOWN_MAX)} of ${bytes(data.length)}.`)],
  () => hex(data)]);
  list.push(['Base64', () => cut(base64FromBytes(data), TEXT_SHOWN_MAX, data.length), () => base64FromBytes(data)]);
  return list;
}

// As an attachment of no known type, whatever is in it.
function download(data, name) {
  const url = URL.createObjectURL(new Blob([data], { type: 'application/octet-stream' }));
  const link = h('a', { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/**
 * A viewer of a body as `bodyOf` gives it. `whole`: it is the beginning of `whole.length` bytes, and `whole.read(told)`
 * gets all of them for a download.
 */
export function bodyViewer(body, name, whole) {
  if (!body.data) return h('p', { class: 'quiet-text' }, 'The body cannot be read.');
  const content = h('div', { class: 'content' });
  const list = views(body);
  let current = list[0];
  const buttons = list.map((view) => h('button', {
    type: 'button', class: 'small quiet', 'aria-pressed': 'false', onclick: () => show(view),
  }, view[0]));
  const show = (view) => {
    current = view;
    buttons.forEach((button, index) => button.setAttribute('aria-pressed', String(list[index] === view)));
    fill(content, view[1]());
  };
  show(current);
  const size = whole ? `the first ${bytes(body.data.length)} of ${bytes(whole.length)}` : bytes(body.data.length);
  return h('div', { class: 'viewer' }, h('div', { class: 'bar', role: 'group', 'aria-label': 'How to show the body' },
    buttons, h('span', { class: 'size' }, size),
    copyButton(() => current[2](), whole ? 'Copy what is shown' : 'Copy body'), downloadButton(body, name, whole)),
  content);
}

function downloadButton({ data }, name, whole) {
  const progress = (done) => { button.textContent = `${bytes(done)} of ${bytes(whole.length)}`; };
  const button = h('button', { type: 'button', class: 'small', 'aria-label': 'Download body',
    onclick: () => run(button, async () => {
      download(whole ? await whole.read(progress) : data, name);
    }).finally(() => { button.textContent = 'Download'; }) }, 'Download');
  return button;
}
