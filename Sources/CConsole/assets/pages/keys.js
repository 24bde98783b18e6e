// The keys of the Redis port: found by pattern, page for page, each with its elements.
import { at, call, features, get } from '../api.js';
import { bodyViewer } from '../body.js';
import { commandList, commands, curl, quote } from '../command.js';
import { confirm } from '../dialog.js';
import { badge, fill, h, pairs, select, time } from '../dom.js';
import { bytesFromBase64, count, preview } from '../text.js';
import { missing } from './missing.js';

const types = ['', 'string', 'list', 'hash', 'set', 'zset'].map((type) => [type, type || 'All types']);

export default async function keys({ params: [database, key], query, setQuery, signal }) {
  const known = await features();
  if (!known.has('get /keys')) return missing('Keys', 'Keys', { 'redis-cli': 'redis-cli -p 6380 --scan' });
  if (key !== undefined) return oneKey(Number(database), key, query, signal);
  const view = { database: query.database ?? '0', match: query.match ?? '', type: query.type ?? '', keys: [],
    cursor: '0' };
  const list = h('section', { class: 'card flush' });
  const about = h('span', { class: 'quiet-text', role: 'status' });
  const match = h('input', { type: 'search', value: view.match, placeholder: 'Pattern, for example user:*',
    'aria-label': 'Pattern', 'data-filter': '', spellcheck: 'false' });
  const base = select(Array.from({ length: 16 }, (_, index) => [String(index), `Database ${index}`]), view.database,
    { 'aria-label': 'Database', class: 'fit' });
  const type = select(types, view.type, { 'aria-label': 'Type', class: 'fit' });
  const ask = (cursor) => ({ database: view.database, cursor, match: view.match || undefined,
    type: view.type || undefined, count: 100 });
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
    'redis-cli': `redis-cli -p 6380 -n ${view.database} --scan --pattern ${quote(view.match || '*')}` }))) };
}

// A key that is no text can be looked at where the server takes it in base64.
function keyCell(database, entry, known) {
  const text = preview(entry.key ?? `base64 ${entry.key_base64}`, 100);
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
    commandList({ 'redis-cli': 'redis-cli -p 6380 set greeting hello' }));
}

async function oneKey(database, key, query, signal) {
  const base64 = query.base64 ? { base64: '1' } : {};
  const path = query.base64 ? at`keys/${database}/` + encodeURIComponent(key) : at`keys/${database}/${key}`;
  const offset = Number(query.offset ?? 0);
  const reply = await get(path, { query: { offset: offset || undefined, limit: 100,
    ...(query.base64 && { encoding: 'base64' }) }, signal });
  const act = () => call('DELETE', path, { query: query.base64 ? { encoding: 'base64' }
    : undefined }).then(() => { location.hash = `#/keys?database=${database}`; });
  const remove = h('button', { type: 'button', class: 'danger small',
    onclick: () => confirm({ title: 'Delete this key', name: key, action: 'Delete key',
    text: 'The key and all its elements will be deleted, for ever.', act,
    lines: () => ({ curl: curl('DELETE', path),
    'redis-cli': `redis-cli -p 6380 -n ${database} del ${quote(key)}` }) }) }, 'Delete key');
  const hash = (next) =>
    `#/keys/${database}/${encodeURIComponent(key)}?${new URLSearchParams({ ...base64, offset: String(next) })}`;
  const elements = reply.elements ?? reply.items ?? [];
  return { title: key, crumb: ['Keys', `#/keys?database=${database}`],
    heading: [badge(reply.type), h('div', { class: 'row' }, remove)], element: h('div', { class: 'stack' },
    h('section', { class: 'card' }, pairs(['Database', String(database)], ['Length', count(reply.length)],
      ['Expires', expires(reply.ttl_ms)])), contents(reply, elements, offset),
    h('div', { class: 'row' }, offset > 0 && h('a', { class: 'button small', href: hash(Math.max(0, offset - 100)) },
      'Back'), offset + elements.length < reply.length && elements.length > 0
      && h('a', { class: 'button small', href: hash(offset + elements.length) }, 'Next')),
    commands(() => ({ curl: curl('GET', path) }))) };
}

function bodyOfValue(value) {
  if (typeof value === 'string') return { text: value, data: new TextEncoder().encode(value) };
  const base64 = value?.base64 ?? value?.value_base64;
  if (base64 !== undefined) return { text: null, data: bytesFromBase64(base64) };
  return bodyOfValue(String(value?.value ?? value ?? ''));
}

const text = (value) => {
  const body = bodyOfValue(value);
  return body.text === null ? `base64 ${value.base64 ?? value.value_base64}` : body.text;
};

// An element is a text (list, set), or an object with field and value (hash), or member and score (sorted set).
function contents(reply, elements, offset) {
  if (reply.type === 'string') return bodyViewer(bodyOfValue(reply.value ?? (reply.value_base64 !== undefined
    ? { base64: reply.value_base64 } : elements[0] ?? '')), 'value.bin');
  const rows = elements.map((one, index) => {
    if (reply.type === 'hash') return [text(one.field ?? (one.field_base64 !== undefined ? { base64: one.field_base64 }
      : '')), text(one.value !== undefined || one.value_base64 !== undefined ? one : '')];
    if (reply.type === 'zset') return [String(one.score),
      text(one.member ?? (one.member_base64 !== undefined ? { base64: one.member_base64 } : ''))];
    return [String(offset + index), text(one)];
  });
  const title = { hash: ['Field', 'Value'], zset: ['Score', 'Member'] }[reply.type] ?? ['Place', 'Element'];
  return h('section', { class: 'card flush' }, h('table', { 'aria-label': 'Elements' },
    h('thead', null, h('tr', null, title.map((one) => h('th', { scope: 'col' }, one)))),
    h('tbody', { 'data-rows': '' }, rows.map(([left, right]) =>
      h('tr', null, h('td', { class: 'mono' }, left), h('td', { class: 'mono break' }, right.slice(0, 4000)))))));
}
