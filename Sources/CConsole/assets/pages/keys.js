// The keys of the Redis port: found by pattern, page for page, each with its elements.
import { at, call, features, get } from '../api.js';
import { bodyViewer } from '../body.js';
import { commandList, commands, curl, learnRedisPort, redisCli } from '../command.js';
import { confirm, openDialog, run } from '../dialog.js';
import { badge, fill, h, pairs, select, time } from '../dom.js';
import { queueLink } from '../queueparts.js';
import { base64FromBytes, bytes, bytesFromBase64, count, preview } from '../text.js';
import { missing } from './missing.js';

const TYPES = ['string', 'list', 'hash', 'set', 'zset', 'queue'];
const PAGE = 100;
// Longer strings are shown from their beginning; the server gives 64 KiB at a time.
const STRING_SHOWN_MAX = 1024 * 1024;
const CELL_SHOWN_MAX = 1000;

export default async function keys({ params: [database, key], query, setQuery, signal }) {
  const known = await features();
  if (!known.has('get /keys')) return missing('Keys', 'Keys', { 'redis-cli': redisCli('--scan') });
  await learnRedisPort();
  if (key !== undefined) return oneKey(Number(database), key, { query, setQuery, signal });
  const view = { database: query.database ?? '0', match: query.match ?? '', type: query.type ?? '', keys: [],
    cursor: '0' };
  const list = h('section', { class: 'card flush' });
  const about = h('span', { class: 'quiet-text', role: 'status' });
  const match = h('input', { type: 'search', value: view.match, placeholder: 'Pattern, for example user:*',
    'aria-label': 'Pattern', 'data-filter': '', spellcheck: 'false' });
  const base = select(Array.from({ length: 16 }, (_, index) => [String(index), `Database ${index}`]), view.database,
    { 'aria-label': 'Database', class: 'fit' });
  const types = known.choices('get /keys', 'type') ?? TYPES;
  const type = select([['', 'All types'], ...types.map((one) => [one, one])], view.type,
    { 'aria-label': 'Type', class: 'fit' });
  const ask = (cursor) => ({ database: view.database, cursor, match: view.match || undefined,
    type: view.type || undefined, count: PAGE });
  async function load(cursor) {
    const reply = await get('/api/v1/keys', { query: ask(cursor), signal });
    view.keys = cursor === '0' ? reply.keys : [...view.keys, ...reply.keys];
    view.cursor = reply.cursor ?? '0';
    draw();
  }
  function draw() {
    about.textContent = `${count(view.keys.length)} shown${view.cursor === '0' ? '' : ', more to look through'}`;
    fill(list, view.keys.length ? table(view.keys, view.database, known) : none(view),
      view.cursor !== '0' && h('div', { class: 'row pager' },
      h('button', { type: 'button', class: 'small', onclick: () => load(view.cursor) }, 'Look further')));
  }
  const again = () => {
    Object.assign(view, { database: base.value, match: match.value, type: type.value });
    setQuery({ database: view.database === '0' ? null : view.database, match: view.match, type: view.type });
    return load('0');
  };
  const form = h('form', { class: 'row', onsubmit: (event) => { event.preventDefault(); again(); }, onchange: again },
    base, h('div', { class: 'grow' }, match), type, h('button', { type: 'submit' }, 'Search'));
  await load('0');
  return { title: 'Keys', element: h('div', { class: 'stack' }, form, about, list,
    commands(() => ({ curl: curl('GET', '/api/v1/keys', undefined, ask('0')),
    'redis-cli': redisCli('-n', view.database, '--scan', '--pattern', view.match || '*') }))) };
}

// A queue is looked at and deleted on its own page. A key that is no text can be looked at where the server takes it in
// base64.
function keyCell(database, entry, known) {
  const text = preview(entry.key ?? `base64 ${entry.key_base64}`, 100);
  if (entry.type === 'queue') return h('a', { class: 'name mono', href: queueLink(entry.key) }, text);
  if (entry.key === undefined && !known.takes('get /keys/{}/{}', 'encoding')) return h('span', { class: 'mono' }, text);
  const query = entry.key === undefined ? '?base64=1' : '';
  return h('a',
    { class: 'name mono', href: `#/keys/${database}/${encodeURIComponent(entry.key ?? entry.key_base64)}${query}` },
    text);
}

function table(list, database, known) {
  return h('table', { 'aria-label': 'Keys' }, h('thead', null,
    h('tr', null, h('th', { scope: 'col' }, 'Key'), h('th', { scope: 'col' }, 'Type'),
    h('th', { scope: 'col', class: 'number' }, 'Length'), h('th', { scope: 'col' }, 'Expires'))),
    h('tbody', { 'data-rows': '' }, list.map((entry) => h('tr', null, h('td', null, keyCell(database, entry, known)),
      h('td', null, badge(entry.type)), h('td', { class: 'number' }, count(entry.length)),
        h('td', null, expires(entry.ttl_ms))))));
}

const expires = (ttl) => (Number.isFinite(ttl) && ttl >= 0 ? time(Date.now() + ttl)
  : h('span', { class: 'zero' }, 'never'));

function none(view) {
  if (view.match || view.type || view.cursor !== '0') return h('div', { class: 'empty' },
    h('h2', null, 'None found so far'));
  return h('div', { class: 'empty' }, h('h2', null, 'No key yet'), h('p', null, 'Any Redis client makes them:'),
    commandList({ 'redis-cli': redisCli('set', 'greeting', 'hello') }));
}

async function oneKey(database, key, { query, setQuery, signal }) {
  const path = at`keys/${database}/${key}`;
  const encoding = query.base64 ? { encoding: 'base64' } : {};
  const ask = (offset) => get(path, { query: { offset: offset === '0' ? undefined : offset, limit: PAGE, ...encoding },
    signal });
  const view = { offset: query.offset ?? '0', trail: [], reply: null };
  try {
    view.reply = await ask(view.offset);
  } catch (error) {
    if (database === 0 && await isQueue(error, key, signal)) return queueInstead(key);
    throw error;
  }
  const address = { database, key, path, encoding, ask, cli: query.base64 ? null
    : (...words) => redisCli('-n', database, ...words) };
  const facts = h('section', { class: 'card' });
  const content = h('div', { class: 'stack' });
  async function draw() {
    const { reply } = view;
    fill(facts, pairs(['Database', String(database)], ['Length', lengthOf(reply)], ['Expires', expires(reply.ttl_ms)]));
    fill(content, reply.type === 'string' ? await stringView(reply, address) : [elementTable(reply, view, address),
      pager(view, go)]);
  }
  async function go(offset) {
    view.reply = await ask(offset);
    view.offset = offset;
    setQuery({ offset: offset === '0' ? null : offset });
    await draw();
  }
  // A place inside a string is none of a page.
  if (view.reply.type === 'string' && view.offset !== '0') await go('0');
  else await draw();
  return { title: key, crumb: ['Keys', `#/keys?database=${database}`],
    heading: [badge(view.reply.type), h('div', { class: 'row' }, deleteButton(address))],
    element: h('div', { class: 'stack' }, facts, content,
      commands(() => ({ curl: curl('GET', path, undefined, encoding), 'redis-cli': wholeKey(view.reply, address) }))) };
}

// Such an address is not one of a key, whatever the server calls that.
async function isQueue(error, key, signal) {
  if (!['key_refused', 'invalid_field'].includes(error.code)) return false;
  return get(at`queues/${key}`, { signal }).then(() => true, () => false);
}

const queueInstead = (key) => ({ title: key, crumb: ['Keys', '#/keys'], element: h('section', { class: 'card empty' },
  h('h2', null, 'This key is a queue'), h('p', null, h('a', { href: queueLink(key) }, 'To its page'))) });

const lengthOf = ({ type, length }) => (type === 'string' ? bytes(length) : count(length));

function deleteButton({ database, key, path, encoding, cli }) {
  const act = async () => {
    await call('DELETE', path, { query: encoding });
    location.hash = `#/keys?database=${database}`;
  };
  return h('button', { type: 'button', class: 'danger small', 'data-writes': '',
    onclick: () => confirm({ title: 'Delete this key', name: key, action: 'Delete key',
      text: 'The key and all its elements will be deleted, for ever.', act,
      lines: () => ({ curl: curl('DELETE', path, undefined, encoding), 'redis-cli': cli?.('del', key) }) }) },
  'Delete key');
}

function wholeKey({ type }, { key, cli }) {
  const words = { string: ['get', key], list: ['lrange', key, 0, PAGE - 1], hash: ['hscan', key, 0],
    set: ['sscan', key, 0], zset: ['zrange', key, 0, PAGE - 1, 'withscores'] }[type];
  return words && cli?.(...words);
}

/** Offsets of hashes and sets are cursors: the way back is the way that was gone. */
function pager({ offset, trail, reply }, go) {
  const button = (text, act) => {
    const element = h('button', { type: 'button', class: 'small', onclick: () => run(element, act) }, text);
    return element;
  };
  const back = () => go(trail.at(-1) ?? '0').then(() => trail.pop());
  const next = () => go(reply.next_offset).then(() => trail.push(offset));
  return h('div', { class: 'row' }, offset !== '0' && button(trail.length > 0 ? 'Back' : 'To the beginning', back),
    reply.next_offset !== null && button('Next', next));
}

/** A part of an element (`value`, `field`, `member`): its bytes, its text if it is one, and how long it is. */
function part(element, name) {
  const text = element?.[name];
  const data = typeof text === 'string' ? new TextEncoder().encode(text)
    : bytesFromBase64(element?.[`${name}_base64`] ?? '');
  return { text: typeof text === 'string' ? text : null, data, length: element?.[`${name}_bytes`] ?? data.length };
}

/** The bytes of a string behind the first of them, in as many requests as it takes. */
async function readOn(first, length, ask, told) {
  const data = new Uint8Array(length);
  data.set(first.subarray(0, length));
  for (let have = first.length; have < length;) {
    const reply = await ask(String(have));
    const piece = part(reply.elements[0], 'value').data;
    if (reply.type !== 'string' || reply.length !== length || piece.length === 0 || have + piece.length > length) {
      throw new Error('The key changed while it was read. Try again.');
    }
    data.set(piece, have);
    have += piece.length;
    told(have);
  }
  return data;
}

async function stringView(reply, { ask }) {
  const first = part(reply.elements[0], 'value').data;
  const whole = { length: reply.length, read: (told) => readOn(first, reply.length, ask, told) };
  const isCut = reply.length > STRING_SHOWN_MAX;
  const data = isCut ? first : await whole.read(() => {});
  return bodyViewer({ data, text: textOf(data, isCut) }, 'value.bin', isCut && whole);
}

/** Nothing when it is no UTF-8; a cut one may end with half a character. */
function textOf(data, isCut) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data, { stream: isCut });
  } catch {
    return null;
  }
}

const columns = { hash: [['Field', 'field'], ['Value', 'value']], zset: [['Score', null], ['Member', 'member']],
  set: [null, ['Member', 'member']] };

function elementTable(reply, view, address) {
  const [left, right] = columns[reply.type] ?? [['Place', null], ['Element', 'value']];
  const rows = (reply.elements ?? []).map((element, index) => {
    const place = reply.type === 'list' ? Number(view.offset) + index : index;
    const label = String(reply.type === 'zset' ? element.score : place);
    const whole = wholeElement(reply.type, element, place, address);
    return h('tr', null, left && h('td', { class: 'mono break' },
      left[1] ? shown(part(element, left[1]), left[0]) : label),
      h('td', { class: 'mono break' }, shown(part(element, right[1]), right[0], whole)));
  });
  return h('section', { class: 'card flush' }, h('table', { 'aria-label': 'Elements' },
    h('thead', null, h('tr', null, [left, right].filter(Boolean).map(([title]) => h('th', { scope: 'col' }, title)))),
    h('tbody', { 'data-rows': '' }, rows)));
}

/** What gets an element that is too long for the server to show all of it. */
function wholeElement(type, { field }, place, { key, cli }) {
  const words = { list: ['lindex', key, place], hash: field !== undefined && ['hget', key, field],
    set: ['smembers', key] }[type];
  return words ? cli?.(...words) : undefined;
}

/** A part for a cell; what is too long says so, and has a button that shows more of it. */
function shown(value, title, whole) {
  const text = value.text ?? `base64 ${base64FromBytes(value.data)}`;
  const isCut = value.length > value.data.length;
  if (text.length <= CELL_SHOWN_MAX && !isCut) return text;
  const open = () => openDialog(title, bodyViewer(value, 'value.bin'), isCut && h('p', null,
    `The server shows the first ${bytes(value.data.length)} of ${bytes(value.length)}.`),
  isCut && whole && commandList({ 'redis-cli': whole }));
  // No half of a character.
  return [text.slice(0, CELL_SHOWN_MAX).replace(/[\ud800-\udbff]$/, ''), '… ',
    h('button', { type: 'button', class: 'small', onclick: open }, `Show all ${bytes(value.length)}`)];
}
