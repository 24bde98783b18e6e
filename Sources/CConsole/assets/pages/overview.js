// What is going on, and what needs somebody first.
import { get } from '../api.js';
import { chart } from '../chart.js';
import { commandList, roost, curl } from '../command.js';
import { badge, h, pairs, renew, time } from '../dom.js';
import { fresh, isQuiet } from '../live.js';
import { sorted } from '../queuelist.js';
import { badges, mark, number, oldest, queueLink, STATES, strip } from '../queueparts.js';
import { bytes, count, duration, plural, rate } from '../text.js';
import { createQueue } from './create.js';

const HOUR_MS = 3_600_000;
// This tab's own samples, for servers without a memory of rates; kept while the tab is open.
const history = { in: [], out: [] };
let last;

const words = { no_consumer: 'No consumer', old_messages: 'Old messages', dead_letters_growing: 'Dead letters',
  received_often: 'Received often',
  paused: 'Paused', damaged: 'Damaged', disk: 'Disk', memory: 'Memory' };
const urgent = new Set(['damaged', 'disk', 'memory']);
const tabs = { dead_letters_growing: 'dead', paused: 'settings', received_often: 'messages' };

export default async function overview({ signal }) {
  const tiles = h('dl', { class: 'tiles', 'aria-label': 'Totals' });
  const attention = h('div');
  const node = h('div');
  const busy = h('div');
  const lines = chart({ label: 'Messages a second' });
  const welcome = h('div');
  const notice = h('div');
  const page = h('div', { class: 'stack wide' }, notice, welcome, tiles,
    h('section', { class: 'card flush' }, h('h2', null, 'Needs attention'), attention),
    h('div', { class: 'columns' }, h('section', { class: 'card' }, h('h2', null, 'Messages a second'), lines.element),
      h('section', { class: 'card' }, h('h2', null, 'Node'), node)),
    busy);
  let shown = null;

  async function refresh() {
    const [stats, { queues }] = await Promise.all([get('/api/v1/overview', { signal }),
      sorted({ sort: 'ready', order: 'desc', limit: 8 }, signal)]);
    shown = { stats, queues };
    draw();
  }
  function draw() {
    const { stats, queues } = shown;
    note(stats);
    renew(notice, stats.state !== 'ready' && starting(stats));
    renew(tiles, tilesOf(stats, queues));
    renew(attention, attentionList(stats.attention));
    lines.set(rates(stats) ?? [{ name: 'in', values: history.in }, { name: 'out', values: history.out }]);
    renew(node, nodeOf(stats));
    renew(busy, busiest(queues));
    renew(welcome, stats.queues <= 1 && stats.totals.sent === 0 && total(stats.counts) === 0 && first());
  }
  // While nothing happens to queues, an event has all that can have changed but the last seconds of the chart.
  function told(event) {
    if (!shown || !isQuiet(event)) return false;
    shown.stats = { ...shown.stats, ...event.overview, attention: event.attention };
    draw();
    return true;
  }
  // A server that starts answers nothing else yet.
  async function whileStarting() {
    const stats = await get('/api/v1/stats', { signal });
    if (stats.state === 'recovering') renew(notice, starting(stats));
    else await refresh();
  }
  await fresh(() => refresh().catch((problem) => (problem.status === 503 ? whileStarting() : Promise.reject(problem))),
    signal, told);
  return { title: 'Overview', element: page };
}

const starting = ({ state, recovery }) => h('div', { class: 'notice' }, h('strong', null, `The server is ${state}`),
  recovery && h('span', null, `${recovery.percent} % of ${recovery.reading} is read; then it goes on by itself.`));

const total = (counts) => STATES.reduce((sum, [key]) => sum + (counts[key] ?? 0), 0);

function note(stats) {
  const now = Date.now();
  const from = last;
  last = { at: now, totals: stats.totals };
  if (!from || now - from.at > HOUR_MS) return;
  const seconds = (now - from.at) / 1000;
  if (seconds < 0.9) {
    last = from;
    return;
  }
  for (const [key, name] of [['in', 'sent'], ['out', 'deleted']]) {
    history[key].push([now, Math.max(0, (stats.totals[name] - from.totals[name]) / seconds)]);
    while (history[key].length > 1800) history[key].shift();
  }
}

/** What the server counted in its last hour, in steps of some seconds, the oldest first. */
function rates(overview) {
  const ring = overview?.rates;
  if (!(ring?.sent?.length > 1)) return null;
  const { step_seconds: step, until_ms: until } = ring;
  const lane = (counts) => counts.map((sum, i) => [until - (counts.length - 1 - i) * step * 1000, sum / step]);
  return [{ name: 'in', values: lane(ring.sent) }, { name: 'out', values: lane(ring.deleted) }];
}

function tilesOf(stats, queues) {
  const tile = (name, value, note, kind = '') => h('div', { class: `tile ${kind}` }, h('dt', null, name),
    h('dd', { class: 'value' }, value), note && h('dd', { class: 'note' }, note));
  const seconds = (queue) => queue.oldest_message_age_seconds ?? -1;
  const [eldest] = [...queues].sort((left, right) => seconds(right) - seconds(left));
  return [
    ...STATES.filter(([key]) => key !== 'damaged' || stats.counts.damaged > 0).map(([key, name]) =>
      tile([mark(key), name], count(stats.counts[key]))),
    tile('Oldest', eldest ? oldest(eldest) : '–', 'of the fullest queues'),
    tile('In / out', `${rate(history.in.at(-1)?.[1])} / ${rate(history.out.at(-1)?.[1])}`, 'messages a second'),
  ];
}

function attentionList(items) {
  if (items.length === 0) {
    return h('p', { class: 'empty' }, h('span', null, badge('✓ all quiet', 'ok'), ' Nothing waits for you.'));
  }
  return h('ul', { class: 'attention' }, items.slice(0, 50).map((item) => h('li', null,
    badge(`${urgent.has(item.kind) ? '!' : '△'} ${words[item.kind] ?? item.kind}`,
      urgent.has(item.kind) ? 'crit' : 'warn'),
    item.queue && h('a', { href: queueLink(item.queue, tabs[item.kind]) }, item.queue), h('span', null, item.text),
    Number.isFinite(item.since_ms) && h('span', { class: 'when' }, 'since ', time(item.since_ms)))),
  items.length > 50 && h('li', null, `and ${count(items.length - 50)} more`));
}

function meter(part, whole, label) {
  const share = whole > 0 ? Math.min(1, part / whole) : 0;
  return h('div', { class: `meter ${share > 0.85 ? 'high' : ''}`, role: 'img',
    'aria-label': `${label}: ${Math.round(share * 100)} %` }, h('i', { style: { width: `${share * 100}%` } }));
}

function nodeOf(stats) {
  const used = ['index_bytes', 'body_cache_bytes', 'deduplication_bytes', 'keys_bytes',
    'waiters_bytes'].reduce((sum, key) => sum + (stats.memory[key] ?? 0), 0);
  const { count: commits, sync_seconds_total: seconds, sync_seconds_max: slowest } = stats.commits;
  const recovery = stats.recovery && `, ${stats.recovery.percent} % of the log is read`;
  return pairs(
    ['State', [stats.state, recovery, ` · version ${stats.version}`]],
    ['Queues', h('a', { href: '#/queues' }, plural(stats.queues, 'queue'))],
    ['Waiting receives', count(stats.waiters)],
    ['Connections', Object.entries(stats.connections).map(([door, number]) => `${door} ${count(number)}`).join(', ')],
    ['Sync', [`fsync ${stats.fsync}`,
      commits > 0 && ` · ${duration(seconds / commits)} on average, ${duration(slowest)} at most`]],
    ['Disk', [`${bytes(stats.disk.bytes)}, ${bytes(stats.disk.live_bytes)} of it live`,
      stats.disk.is_full && badge('! full', 'crit')]],
    ['Memory', [h('div', null,
      `${bytes(used)}${stats.memory.limit_bytes ? ` of ${bytes(stats.memory.limit_bytes)}` : ''}`),
      stats.memory.limit_bytes && meter(used, stats.memory.limit_bytes, 'Memory')]],
  );
}

function busiest(queues) {
  const rows = [...queues].sort((left, right) => total(right.counts) - total(left.counts)).slice(0,
    8).filter((queue) => total(queue.counts) > 0);
  if (rows.length === 0) return null;
  return h('section', { class: 'card flush' }, h('h2', null, 'Fullest queues'),
    h('table', { 'aria-label': 'Fullest queues' },
    h('thead', null, h('tr', null, h('th', { scope: 'col' }, 'Queue'),
      h('th', { scope: 'col', class: 'number' }, 'Ready'), h('th', { scope: 'col', class: 'number' }, 'In flight'),
      h('th', { scope: 'col', class: 'number wide-only' }, 'Oldest'),
        h('th', { scope: 'col', class: 'wide-only' }, 'States'))),
    h('tbody', { 'data-rows': '' }, rows.map((queue) => h('tr', null,
      h('td', { class: 'name-cell' }, h('span', { class: 'cell' }, h('a', { class: 'name clip',
        href: queueLink(queue.name), title: queue.name }, queue.name), badges(queue))),
      h('td', { class: 'number' }, number(queue.counts.ready)),
        h('td', { class: 'number' }, number(queue.counts.in_flight)),
      h('td', { class: 'number wide-only' }, oldest(queue)),
      h('td', { class: 'wide-only' }, strip(queue.counts)))))));
}

function first() {
  return h('section', { class: 'card' }, h('div', { class: 'stack' },
    h('h2', null, 'Welcome. Nothing has been sent yet.'),
    h('p', { 'data-writes': '' }, 'Make a queue and send a first message here, or from a shell:'),
    commandList({ roost: `${roost('queue', 'create', 'orders')} && ${roost('send', 'orders', 'hello')}`,
      curl: `${curl('PUT', '/api/v1/queues/orders')} && ${curl('POST', '/api/v1/queues/orders/messages', { body: 'hello' })}` }),
    h('div', { class: 'row', 'data-writes': '' }, h('button', { type: 'button', class: 'main',
      onclick: () => createQueue('orders') },
      'Make a queue'))));
}
