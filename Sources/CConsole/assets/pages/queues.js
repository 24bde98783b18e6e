// All queues: sorted, filtered, and quick with ten thousand of them.
import { get } from '../api.js';
import { spark } from '../chart.js';
import { commandList, curl, roost } from '../command.js';
import { fill, h } from '../dom.js';
import { fresh, isQuiet } from '../live.js';
import { QueueList, sample } from '../queuelist.js';
import { longTable } from '../table.js';
import { badges, number, oldest, queueLink } from '../queueparts.js';
import { count, rate } from '../text.js';
import { createQueue } from './create.js';

const numeric = (key, title, cell, className = '') => ({ key, title, sort: true,
  className: `number q-${key} ${className}`, cell });

const flow = (value) => h('span', { class: value > 0 ? '' : 'zero' }, rate(value));

const columns = [
  { key: 'name', title: 'Name', sort: true, className: 'q-name',
    cell: (queue) => h('span', { class: 'cell' }, h('a',
    { class: 'name clip', href: queueLink(queue.name), title: queue.name }, queue.name), badges(queue)) },
  numeric('ready', 'Ready', (queue) => number(queue.counts.ready)),
  numeric('in_flight', 'In flight', (queue) => number(queue.counts.in_flight)),
  numeric('delayed', 'Delayed', (queue) => number(queue.counts.delayed), 'wide-only'),
  numeric('buried', 'Buried', (queue) => number(queue.counts.buried), 'wide-only'),
  numeric('oldest', 'Oldest', oldest),
  numeric('in', 'In/s', (queue) => flow(queue.rates?.sent_per_second), 'wide-only'),
  numeric('out', 'Out/s', (queue) => flow(queue.rates?.deleted_per_second), 'wide-only'),
  { key: 'lately', title: 'Lately', className: 'wide-only q-lately',
    cell: (queue) => spark(sample(queue).map((one) => one.in)) },
  numeric('waiters', 'Waiting', (queue) => number(queue.waiters), 'wide-only'),
  { key: 'dead', title: 'Dead letters', className: 'wide-only q-dead',
    cell: (queue) => (queue.settings.dead_letters ? h('a',
    { class: 'clip', href: queueLink(queue.settings.dead_letters.queue, 'dead') }, queue.settings.dead_letters.queue)
    : h('span', { class: 'zero' }, '–')) },
];

export default async function queues({ signal, query, setQuery }) {
  const table = { draw: () => {} };
  const list = new QueueList(() => update());
  list.by = query.sort ?? 'name';
  list.order = query.order ?? 'asc';
  list.filter = query.contains ?? '';
  const input = h('input', { type: 'search', value: list.filter, placeholder: 'Filter by name',
    'aria-label': 'Filter by name', 'data-filter': '', spellcheck: 'false' });
  const about = h('span', { class: 'quiet-text', role: 'status' });
  const empty = h('div');

  Object.assign(table, longTableOf(list, () => { remember(); start(); }));
  const card = h('section', { class: 'card flush' }, table.element);

  function remember() { setQuery({ sort: list.by === 'name' ? null : list.by,
    order: list.order === 'asc' ? null : list.order, contains: list.filter }); }
  function start() {
    list.reset();
    table.top();
    table.drawHead();
    list.refresh(0, 40, signal).catch(() => {});
  }
  let timer;
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => { list.filter = input.value; remember(); start(); }, 150);
  });
  function update() {
    table.draw();
    const found = list.length;
    const all = list.all;
    about.textContent = list.filter ? `${count(found)} of ${count(all)}` : `${count(all)}`;
    card.hidden = found === 0;
    fill(empty, found === 0 && (list.filter ? nothing(list.filter) : none()));
  }
  await fresh(async () => {
    const stats = await get('/api/v1/stats', { signal });
    list.all = stats.queues;
    const [from, until] = table.span();
    await list.refresh(from, until, signal);
  }, signal, isQuiet);
  const page = h('div', { class: 'stack' }, h('div', { class: 'row' }, h('div', { class: 'grow' }, input), about,
    h('button', { type: 'button', class: 'main', 'data-writes': '',
      onclick: () => createQueue() }, 'New queue')), card, empty);
  return { title: 'Queues', element: page };
}

function longTableOf(list, sorted) {
  return longTable({
    label: 'Queues', columns, source: list, sorted: () => ({ by: list.by, order: list.order }),
    onopen: (queue) => { location.hash = queueLink(queue.name); },
    onsort: (key) => {
      if (list.by === key) list.order = list.order === 'asc' ? 'desc' : 'asc';
      else [list.by, list.order] = [key, key === 'name' ? 'asc' : 'desc'];
      sorted();
    },
  });
}

const nothing = (filter) => h('div', { class: 'card empty' }, h('h2', null, 'No such queue'),
  h('p', null, 'No name contains “', filter, '”.'));

function none() {
  return h('div', { class: 'card empty' }, h('h2', null, 'No queue yet'),
    h('p', null, 'A queue keeps messages until somebody has worked on them. Make one here, or:'),
    commandList({ roost: roost('queue', 'create', 'orders'), curl: curl('PUT', '/api/v1/queues/orders') }));
}
