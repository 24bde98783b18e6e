// Who is connected, through which door, and what each waits for.
import { at, call, features, get } from '../api.js';
import { commandList, commands, curl, learnRedisPort, redisCli, roost } from '../command.js';
import { confirm } from '../dialog.js';
import { badge, h, renew, time } from '../dom.js';
import { fresh, refreshNow } from '../live.js';
import { queueLink } from '../queueparts.js';
import { count, duration, plural } from '../text.js';
import { missing } from './missing.js';

export default async function clients({ signal }) {
  const known = await features();
  if (!known.has('get /clients')) return missing('Clients', 'Clients',
    { 'redis-cli': redisCli('client', 'list') });
  await learnRedisPort();
  const state = { text: '', list: [] };
  const list = h('section', { class: 'card flush' });
  const waiting = h('section', { class: 'card flush' });
  const input = h('input', { type: 'search', placeholder: 'Filter by address, name or library', 'aria-label': 'Filter',
    'data-filter': '', oninput: () => { state.text = input.value; draw(); } });
  const about = h('span', { class: 'quiet-text', role: 'status' });
  const kills = known.has('delete /clients/{}');
  function draw() {
    const found = state.list.filter((one) => [one.address, one.name, one.library, one.door,
      ...waitsOf(one)].some((part) => String(part ?? '').includes(state.text)));
    about.textContent = `${count(found.length)} of ${count(state.list.length)}`;
    renew(list, found.length ? table(found.slice(0, 500), kills)
      : nobody(state));
  }
  await fresh(async () => {
    const reply = await get('/api/v1/clients', { signal });
    state.list = Array.isArray(reply) ? reply : reply.clients ?? [];
    draw();
    renew(waiting, ...waiters(reply.waiters ?? [], reply.waiters_total ?? 0));
  }, signal);
  return { title: 'Clients', element: h('div', { class: 'stack' },
    h('div', { class: 'row' }, h('div', { class: 'grow' }, input), about), list,
    waiting, commands(() => ({ roost: roost('clients'), curl: curl('GET', '/api/v1/clients'),
      'redis-cli': redisCli('client', 'list') }))) };
}

function nobody({ text }) {
  if (text) return h('div', { class: 'empty' }, h('h2', null, 'None of them'));
  return h('div', { class: 'empty' }, h('h2', null, 'Nobody is connected to the Redis port'),
    h('p', null, 'A client that waits a minute for a message:'),
    commandList({ 'redis-cli': redisCli('brpop', 'aweq', 60) }));
}

// Receives by SQS and HTTP: which queue, and until when. The server names a part of many, and how many there are.
function waiters(list, total) {
  if (!list.length) {
    return [h('div', { class: 'empty' }, h('h2', null, 'No receive waits'),
      h('p', null, 'A receive by SQS or HTTP that finds its queue empty stands here as long as it was told to wait.'))];
  }
  return [h('h2', null, 'Receives that wait'),
    h('table', { 'aria-label': 'Receives that wait' }, h('thead', null,
      h('tr', null, ['Queue', 'Door', 'Since', 'Until'].map((title) => h('th', { scope: 'col' }, title)))),
    h('tbody', null, list.map((one) => h('tr', null,
      h('td', { class: 'mono' }, h('a', { href: queueLink(one.queue) }, one.queue)), h('td', null, badge(one.door)),
      h('td', null, time(one.since_ms)),
      h('td', null, one.until_ms === null ? 'a message comes' : time(one.until_ms)))))),
    total > list.length && h('p', { class: 'quiet-text' },
      `${plural(total - list.length, 'receive')} more ${total - list.length === 1 ? 'waits' : 'wait'}.`)];
}

const waitsOf = (client) => [client.waiting_on ?? []].flat().map((one) => (typeof one === 'string' ? one
  : one.queue ?? one.key ?? JSON.stringify(one)));

function table(list, kills) {
  return h('table', { 'aria-label': 'Clients' }, h('thead', null,
    h('tr', null, ['Door', 'Address', 'Name', 'Library', 'Connected', 'Idle', 'Waits for',
    ''].map((title, index) => h('th', { scope: 'col', class: [2, 3, 4].includes(index) ? 'wide-only' : '' },
    title || h('span', { class: 'sr' }, 'Actions'))))),
    h('tbody', { 'data-rows': '' }, list.map((one) => h('tr', null, h('td', null, badge(one.door)),
      h('td', { class: 'mono' }, one.address), h('td', { class: 'wide-only' }, one.name ?? ''),
      h('td', { class: 'wide-only' }, one.library ?? ''),
      h('td', { class: 'wide-only' }, time(one.connected_at_ms)),
        h('td', { class: 'number' }, Number.isFinite(one.idle_seconds) ? duration(Math.floor(one.idle_seconds)) : '–'),
        h('td', null, waitsOf(one).join(', ')), h('td', { class: 'number' },
        kills && one.door === 'redis' && disconnect(one))))));
}

function disconnect(client) {
  return h('button', { type: 'button', class: 'small danger', 'data-writes': '',
    'aria-label': `Disconnect ${client.address}`,
    onclick: () => confirm({ title: 'Disconnect this client',
    text: `${client.address} ${client.name ?? ''} loses its connection; most clients come back.`, action: 'Disconnect',
    act: async () => { await call('DELETE', at`clients/${client.id}`); await refreshNow(); },
      lines: () => ({ roost: roost('clients', '--close', client.id), curl: curl('DELETE', at`clients/${client.id}`),
      'redis-cli': redisCli('client', 'kill', 'id', client.id) }) }) }, 'Disconnect');
}
