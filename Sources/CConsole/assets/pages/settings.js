// The settings of a queue, and what to change.
import { at, call, session } from '../api.js';
import { commands, curl, roost } from '../command.js';
import { run } from '../dialog.js';
import { check, field, fill, h, pairs, renew, select, time } from '../dom.js';
import { refreshNow } from '../live.js';
import { count, seconds } from '../text.js';

const plain = (value) => (value === null ? 'unlimited' : [[86400, 'd'], [3600, 'h'], [60, 'm'], [1, 's']]
  .filter(([size]) => value !== 0 && value % size === 0).map(([size, unit]) =>
    `${value / size}${unit}`)[0] ?? `${value}s`);

export default async function settings({ state, changed }) {
  const { name } = state;
  let current = state.queue.settings;
  const inputs = controls(current);
  const status = h('span', { role: 'status', class: 'quiet-text' });
  const button = h('button', { type: 'submit', class: 'main' }, 'Save settings');
  const changes = () => differences(current, inputs);
  const how = commands(() => {
    try {
      return { roost: rooster(name, changes()), curl: curl('PATCH', at`queues/${name}`, changes()) };
    } catch {
      return {};
    }
  });
  const save = () => run(button, async () => {
    const reply = await call('PATCH', at`queues/${name}`, { body: changes() });
    current = reply.settings;
    fill(status, 'Saved.');
    await refreshNow();
  });
  const facts = h('section', { class: 'card' });
  const draw = (queue) => renew(facts, h('h2', null, 'About this queue'), about(queue));
  draw(state.queue);
  changed(draw);
  const fifo = current.fifo;
  const form = h('form', { class: 'card', oninput: () => { fill(status); how.refresh(); },
    onsubmit: (event) => { event.preventDefault(); save(); } },
    h('div', { class: 'stack' }, h('div', { class: 'fields' },
    field('Visibility timeout', inputs.visibility_timeout_seconds,
      'After it, a message that is not deleted comes back.'),
    field('Delay', inputs.delay_seconds, 'How long a sent message stays hidden.'),
    field('Retention', inputs.retention_seconds, 'How long messages are kept, or unlimited.'),
    field('Receive wait', inputs.receive_wait_seconds, 'For receives that do not say.'),
    field('Largest message', inputs.maximum_message_bytes, 'In bytes.'),
    !fifo && field('Comes back at the', inputs.redelivery, 'Where a message goes whose time is over.')),
  h('h2', null, 'Dead letters'), h('div', { class: 'fields' },
    field('Queue for them', inputs.dead_queue, 'Empty: messages stay, however often they are received.'),
    field('After receives', inputs.max_receives, '1 to 1000.')),
  fifo && h('div', { class: 'fields' }, check('Tell messages apart by their body', inputs.content_based_deduplication),
    field('Compare within', inputs.deduplication_scope)),
  !fifo && check('Safe pop: what Redis clients pop is leased until their next command', inputs.safe_pop),
  h('div', { class: 'stack', 'data-writes': '' }, h('div', { class: 'row' }, button, status), how)));
  session().then(({ read_only: isReadOnly }) => {
    for (const input of Object.values(inputs)) input.disabled = isReadOnly === true;
  });
  return h('div', { class: 'columns' }, form, facts);
}

function controls(current) {
  const text = (value) => h('input', { value, spellcheck: 'false' });
  const box = (on) => h('input', { type: 'checkbox', checked: on });
  return {
    visibility_timeout_seconds: text(plain(current.visibility_timeout_seconds)),
      delay_seconds: text(plain(current.delay_seconds)),
    retention_seconds: text(plain(current.retention_seconds)),
      receive_wait_seconds: text(plain(current.receive_wait_seconds)),
    maximum_message_bytes: h('input', { type: 'number', min: 1, value: current.maximum_message_bytes }),
    redelivery: select([['front', 'front'], ['back', 'back']], current.redelivery),
    dead_queue: text(current.dead_letters?.queue ?? ''),
      max_receives: h('input', { type: 'number', min: 1, max: 1000, value: current.dead_letters?.max_receives ?? 5 }),
    content_based_deduplication: box(current.content_based_deduplication),
      deduplication_scope: select([['queue', 'the queue'], ['group', 'each group']], current.deduplication_scope),
    safe_pop: box(current.safe_pop),
  };
}

/** The settings of the form that are other than the current ones, as PATCH takes them. */
function differences(current, inputs) {
  const wanted = {};
  for (const key of ['visibility_timeout_seconds', 'delay_seconds', 'receive_wait_seconds', 'retention_seconds']) {
    const text = inputs[key].value.trim();
    wanted[key] = key === 'retention_seconds' && text === 'unlimited' ? null : seconds(text);
    if (Number.isNaN(wanted[key])) throw new Error(`“${text}” is no time. Accepted: 30, 250ms, 5m, 2h, 4d.`);
  }
  wanted.maximum_message_bytes = Number(inputs.maximum_message_bytes.value);
  wanted.dead_letters = inputs.dead_queue.value ? { queue: inputs.dead_queue.value,
    max_receives: Number(inputs.max_receives.value) } : null;
  if (current.fifo) {
    wanted.content_based_deduplication = inputs.content_based_deduplication.checked;
    wanted.deduplication_scope = inputs.deduplication_scope.value;
  } else {
    wanted.redelivery = inputs.redelivery.value;
    wanted.safe_pop = inputs.safe_pop.checked;
  }
  return Object.fromEntries(Object.entries(wanted).filter(([key, value]) =>
    JSON.stringify(value) !== JSON.stringify(current[key])));
}

const flags = { visibility_timeout_seconds: '--visibility', delay_seconds: '--delay', retention_seconds: '--retention',
  receive_wait_seconds: '--wait', maximum_message_bytes: '--max-message-bytes', redelivery: '--redelivery',
  deduplication_scope: '--deduplication-scope' };
const switches = { content_based_deduplication: '--content-based-deduplication', safe_pop: '--safe-pop' };

function rooster(name, changes) {
  const options = Object.entries(changes).flatMap(([key, value]) => {
    if (key === 'dead_letters') return value ? ['--dead-letters', value.queue, '--max-receives', value.max_receives]
      : ['--no-dead-letters'];
    if (switches[key]) return [switches[key], value ? 'on' : 'off'];
    return [flags[key], key.endsWith('_seconds') ? plain(value) : value];
  });
  return options.length ? roost('queue', 'set', name, ...options) : roost('queue', 'stats', name);
}

function about(queue) {
  const totals = Object.entries(queue.totals).filter(([, value]) => value > 0).map(([key, value]) =>
    `${key.replace('_', ' ')} ${count(value)}`).join(', ');
  const properties = Object.entries(queue.settings.properties ?? {});
  const sources = queue.settings.dead_letter_sources;
  return pairs(
    ['Made', time(queue.created_at_ms)], ['Changed', time(queue.modified_at_ms)],
      ['Type', queue.settings.fifo ? 'FIFO' : 'standard'], ['Contents', queue.settings.contents],
    ['Takes dead letters of', Array.isArray(sources) ? sources.join(', ')
      : { all: 'any queue', none: 'no queue' }[sources]],
    ['Since the start', totals || 'nothing happened'],
    ...properties.map(([key, value]) => [key, h('code', null, value)]),
  );
}
