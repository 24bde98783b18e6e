// Dead letters: where they come from, where they go, and the way back.
import { at, get, post } from '../api.js';
import { bodyOf } from '../body.js';
import { commandList, commands, curl, roost } from '../command.js';
import { run } from '../dialog.js';
import { badge, field, fill, h, renew, time } from '../dom.js';
import { fresh, refreshNow } from '../live.js';
import { queueNames } from '../queuelist.js';
import { queueLink } from '../queueparts.js';
import { count, plural, preview } from '../text.js';

export default async function dead({ state, signal, changed }) {
  const { name, known } = state;
  const sources = h('div');
  const sample = h('div');
  const moves = h('div');
  const form = redriveForm(name, known);
  const drawTarget = h('div');
  const draw = (queue) => renew(drawTarget, target(queue));
  draw(state.queue);
  changed(draw);
  await fresh(async () => {
    const [from, running, messages] = await Promise.all([get(at`queues/${name}/dead-letter-sources`, { signal }),
      get(at`queues/${name}/moves`, { signal }), get(at`queues/${name}/messages`,
        { query: { state: 'ready', limit: 200 }, signal })]);
    renew(sources, sourceList(from));
    renew(moves, moveList(running.moves));
    renew(sample, causes(messages.messages, state.queue.counts.ready));
  }, signal);
  return h('div', { class: 'columns' },
    h('div', { class: 'stack' }, h('section', { class: 'card' }, h('h2', null, 'Queues whose dead letters come here'),
      sources), h('section', { class: 'card' }, h('h2', null, 'What is ready, by where it came from'), sample),
      h('section', { class: 'card' }, h('h2', null, 'Messages of this queue that fail too often'), drawTarget)),
    h('div', { class: 'stack' }, form, h('section', { class: 'card' }, h('h2', null, 'Moves out of this queue'),
      moves)));
}

function target({ name, settings }) {
  const dead = settings.dead_letters;
  if (dead) return h('p', null, 'After ', plural(dead.max_receives, 'receive'), ' a message goes to ',
    h('a', { href: queueLink(dead.queue, 'dead') }, dead.queue), '.');
  return h('div', { class: 'stack tight' }, h('p', null,
    'They stay here and are delivered again and again. Choose a queue for them in ',
    h('a', { href: queueLink(name, 'settings') }, 'Settings'), ', or:'),
    commandList({ roost: roost('queue', 'set', name, '--dead-letters', `${name}-dead`, '--max-receives', 5) }));
}

function sourceList({ queues, more }) {
  if (queues.length === 0) return h('p', { class: 'quiet-text' }, 'None. This queue gets dead letters of no other.');
  return h('ul', { class: 'plain' }, queues.map((queue) =>
    h('li', null, h('a', { href: queueLink(queue.name) }, queue.name),
    ` after ${plural(queue.settings.dead_letters?.max_receives ?? 0, 'receive')}`)),
    more && h('li', null, 'and more'));
}

/** Groups of a sample by origin, each with its first body. */
function causes(messages, ready) {
  if (messages.length === 0) return h('p', { class: 'quiet-text' }, 'No message is ready here.');
  const groups = Map.groupBy ? Map.groupBy(messages, key) : grouped(messages);
  return h('div', { class: 'stack tight' }, [...groups].sort((left, right) =>
    right[1].length - left[1].length).map(([origin, list]) => h('div', null,
    h('div', { class: 'row' }, h('strong', null, count(list.length)),
      origin ? h('a', { href: queueLink(origin) }, origin) : h('span', null, 'sent or moved here'),
      h('span', { class: 'quiet-text small-text' }, 'oldest ', time(Math.min(...list.map((one) => one.sent_at_ms))))),
    h('p', { class: 'mono clip quiet-text' }, preview(bodyOf(list[0]).text ?? '(binary)', 120)))),
  ready > messages.length && h('p', { class: 'quiet-text small-text' },
    `Of the first ${count(messages.length)} of ${count(ready)}.`));
}

const key = (message) => message.dead_letter_source ?? '';
function grouped(messages) {
  const groups = new Map();
  for (const message of messages) groups.set(key(message), [...(groups.get(key(message)) ?? []), message]);
  return groups;
}

function redriveForm(name, known) {
  const to = h('input', { list: 'redrive-names', placeholder: 'where each came from', autocomplete: 'off' });
  const names = h('datalist', { id: 'redrive-names' });
  const speed = h('input', { type: 'number', min: 1, max: 500, placeholder: 'as fast as it goes' });
  const filters = known.takesField('post /queues/{}/moves', 'filter');
  const tries = known.takesField('post /queues/{}/moves', 'dry_run');
  const filter = h('input', { placeholder: 'all that is ready' });
  const result = h('p', { role: 'status' });
  const body = (more = {}) => ({ ...(to.value && { to: to.value }), ...(speed.value && { rate: Number(speed.value) }),
    ...(filters && filter.value && { filter: { text: filter.value } }), ...more });
  const how = commands(() => ({
    roost: to.value ? roost('dlq', 'redrive', name, '--to', to.value, speed.value && ['--rate', speed.value],
      filter.value && ['--filter', filter.value]) : roost('dlq', 'redrive', name,
      speed.value && ['--rate', speed.value], filter.value && ['--filter', filter.value]),
    curl: curl('POST', at`queues/${name}/moves`, body()),
  }));
  to.addEventListener('focus', async () => {
    const all = await queueNames().catch(() => []);
    fill(names, all.filter((one) => one !== name).map((one) => h('option', { value: one })));
  }, { once: true });
  const go = h('button', { type: 'submit', class: 'main' }, 'Move them');
  const dry = h('button', { type: 'button', onclick: () =>
    run(dry, async () => fill(result, await dryRun(name, tries, to.value, body)))}, 'Dry run');
  const start = () => run(go, async () => {
    const move = await post(at`queues/${name}/moves`, body());
    fill(result, `Started: ${plural(move.to_move, 'message')} to move.`);
    await refreshNow();
  });
  return h('form', { class: 'card', oninput: () => how.refresh(),
    onsubmit: (event) => { event.preventDefault(); start(); } },
    h('div', { class: 'stack' }, h('h2', null, 'Redrive: move what is ready'),
    field('To queue', to, 'Empty: each message goes back to where it was a dead letter.'), names,
    h('div', { class: 'fields' }, field('Messages a second', speed, '1 to 500.'),
      filters && field('Only those with', filter, 'A text in body or attributes.')),
    result, h('div', { class: 'row' }, go, dry), how));
}

// A server without dry runs still knows what is ready, and where a sample of it came from.
async function dryRun(name, tries, to, body) {
  if (tries) {
    const reply = await post(at`queues/${name}/moves`, body({ dry_run: true }));
    const rest = reply.searched !== undefined && reply.of > reply.searched
      ? ` Searched ${count(reply.searched)} of ${count(reply.of)}.` : '';
    return `Would move ${plural(reply.would_move, 'message')}. Nothing was moved.${rest}`;
  }
  const [queue, sample] = await Promise.all([get(at`queues/${name}`),
    get(at`queues/${name}/messages`, { query: { limit: 1000 } })]);
  const lost = to ? 0 : sample.messages.filter((message) => !message.dead_letter_source).length;
  const note = lost > 0
    ? ` ${plural(lost, 'message')} of the first ${count(sample.messages.length)} do not say where they came from, and would stay.` : '';
  return `Would move ${plural(queue.counts.ready - lost, 'message')}. Nothing was moved.${note}`;
}

const kinds = { running: '', completed: 'ok', failed: 'crit', cancelled: 'warn' };
const why = { queue_is_gone: 'the target is gone or of another type',
  unknown_origin: 'what is left does not say where it came from' };

function moveList(moves) {
  if (moves.length === 0) return h('p', { class: 'quiet-text' }, 'None yet.');
  return h('div', { class: 'stack' }, moves.map((move) => {
    const share = move.to_move > 0 ? Math.min(1, move.moved / move.to_move) : 1;
    const cancel = h('button', { type: 'button', class: 'small',
      onclick: () => run(cancel, async () => { await post(at`moves/${move.id}/cancel`); await refreshNow(); },
      'The move is cancelled.') }, 'Cancel');
    return h('div', { class: 'stack tight', 'data-move': move.status }, h('div', { class: 'row spread' },
      h('span', { class: 'row' }, badge(move.status, kinds[move.status]),
        `${count(move.moved)} of ${count(move.to_move)}`, ' to ',
        move.to ? h('a', { href: queueLink(move.to) }, move.to) : 'where they came from'),
      move.status === 'running' ? cancel : time(move.finished_at_ms)),
    h('div', { class: 'meter', role: 'progressbar', 'aria-label': 'Moved', 'aria-valuenow': Math.round(share * 100),
      'aria-valuemin': 0, 'aria-valuemax': 100 }, h('i', { style: { width: `${share * 100}%` } })),
    move.failure && h('p', { class: 'problem' }, why[move.failure] ?? move.failure));
  }));
}
