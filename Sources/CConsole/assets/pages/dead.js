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
  const form = redriveForm(name, known, signal);
  let running = [];
  const movesHow = commands(() => moveLines(name, running));
  const drawTarget = h('div');
  const draw = (queue) => renew(drawTarget, target(queue));
  draw(state.queue);
  changed(draw);
  await fresh(async () => {
    const [from, list, messages] = await Promise.all([get(at`queues/${name}/dead-letter-sources`, { signal }),
      get(at`queues/${name}/moves`, { signal }), get(at`queues/${name}/messages`,
        { query: { state: 'ready', limit: 200 }, signal })]);
    renew(sources, sourceList(from));
    renew(moves, moveList(list.moves));
    running = list.moves.filter((move) => move.status === 'running');
    movesHow.refresh();
    renew(sample, causes(messages.messages, state.queue.counts.ready));
  }, signal);
  return h('div', { class: 'columns' },
    h('div', { class: 'stack' }, h('section', { class: 'card' }, h('h2', null, 'Queues whose dead letters come here'),
      sources), h('section', { class: 'card' }, h('h2', null, 'What is ready, by where it came from'), sample),
      h('section', { class: 'card' }, h('h2', null, 'Messages of this queue that fail too often'), drawTarget)),
    h('div', { class: 'stack' }, form, h('section', { class: 'card' }, h('h2', null, 'Moves out of this queue'),
      h('div', { class: 'stack' }, moves, movesHow))));
}

function target({ name, settings }) {
  const dead = settings.dead_letters;
  if (dead) return h('p', null, 'After ', plural(dead.max_receives, 'receive'), ' a message goes to ',
    h('a', { href: queueLink(dead.queue, 'dead') }, dead.queue), '.');
  return h('div', { class: 'stack tight' }, h('p', null,
    'They stay here and are delivered again and again. Choose a queue for them in ',
    h('a', { href: queueLink(name, 'settings') }, 'Settings'), ', or:'),
    commandList(targetLines(name)));
}

/** A queue for dead letters has to be there, and of the same type. */
function targetLines(name) {
  const dead = name.endsWith('.fifo') ? `${name.slice(0, -5)}-dead.fifo` : `${name}-dead`;
  return { roost: `${roost('queue', 'create', dead)} && ${roost('queue', 'set', name, '--dead-letters', dead,
    '--max-receives', 5)}`, curl: `${curl('PUT', at`queues/${dead}`)} && ${curl('PATCH', at`queues/${name}`,
    { dead_letters: { queue: dead, max_receives: 5 } })}` };
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

function redriveFields(name, known) {
  const to = h('input', { list: 'redrive-names', placeholder: 'where each came from', autocomplete: 'off' });
  const names = h('datalist', { id: 'redrive-names' });
  const speed = h('input', { type: 'number', min: 1, max: 500, placeholder: 'as fast as it goes' });
  const filter = h('input', { placeholder: 'all that is ready' });
  to.addEventListener('focus', async () => {
    const all = await queueNames().catch(() => []);
    fill(names, all.filter((one) => one !== name).map((one) => h('option', { value: one })));
  }, { once: true });
  // What is filtered is moved at once.
  filter.addEventListener('input', () => { speed.disabled = filter.value !== ''; });
  const rate = () => (filter.value ? '' : speed.value);
  return { to, names, speed, filter, rate, filters: known.takesField('post /queues/{}/moves', 'filter'),
    body: (more = {}) => ({ ...(to.value && { to: to.value }), ...(rate() && { rate: Number(rate()) }),
      ...(filter.value && { filter: { text: filter.value } }), ...more }) };
}

/** The way back: a move that the server does, or, with a filter, one that this page goes through. */
function redriveForm(name, known, signal) {
  const fields = redriveFields(name, known);
  const { to, filter, body } = fields;
  const result = h('div', { class: 'stack tight' });
  const go = h('button', { type: 'submit', class: 'main' }, 'Move them');
  const dry = h('button', { type: 'button' }, 'Dry run');
  let isStopped = false;
  const stop = h('button', { type: 'button', hidden: true, onclick: () => { isStopped = true; } }, 'Stop');
  const begin = (button, act) => {
    const other = button === go ? dry : go;
    isStopped = false;
    [other.disabled, stop.hidden] = [true, false];
    run(button, act).finally(() => { [other.disabled, stop.hidden] = [false, true]; });
  };
  const page = (wish, counted) => pageByPage(wish, counted, (sum) => fill(result, progressOf(sum)),
    () => isStopped || signal.aborted);
  const start = async () => {
    if (filter.value) {
      const { counts } = await get(at`queues/${name}`);
      fill(result, movedText(await page({ path: at`queues/${name}/moves`, body: body(), of: counts.ready }, 'moved')));
    } else {
      const move = await post(at`queues/${name}/moves`, body());
      fill(result, h('p', { role: 'status' }, `Started: ${plural(move.to_move, 'message')} to move.`));
    }
    await refreshNow();
  };
  dry.addEventListener('click', () => begin(dry, async () => fill(result, dryText(await page(
    { path: at`queues/${name}/moves`, body: body({ dry_run: true }), of: 0 }, 'would_move'), body()))));
  const how = commands(() => ({
    roost: roost('dlq', 'redrive', name, to.value && ['--to', to.value], fields.rate() && ['--rate', fields.rate()],
      filter.value && ['--filter', filter.value]),
    curl: curl('POST', at`queues/${name}/moves`, body()),
  }));
  return h('form', { class: 'card', 'data-writes': '', oninput: () => how.refresh(),
    onsubmit: (event) => { event.preventDefault(); begin(go, start); } },
    redriveLayout(fields, result, [go, dry, stop], how));
}

const redriveLayout = ({ to, names, speed, filter, filters }, result, buttons, how) => h('div', { class: 'stack' },
  h('h2', null, 'Redrive: move what is ready'),
  field('To queue', to, 'Empty: each message goes back to where it was a dead letter.'), names,
  h('div', { class: 'fields' }, field('Messages a second', speed, '1 to 500. Not with a filter.'),
    filters && field('Only those with', filter, 'A text in body or attributes. Stay on this page until it is done.')),
  result, h('div', { class: 'row' }, buttons), how);

/**
 * Asks for page after page until the end, or until somebody stops it; an error ends it, too, and what was done before
 * stays told. `of`: how many there are to search through, where that is known.
 */
async function pageByPage({ path, body, of }, name, told, isStopped) {
  const sum = { name, found: 0, searched: 0, of, isWhole: false, problem: null };
  let after;
  try {
    do {
      const reply = await post(path, { ...body, ...(after && { after }) });
      sum.found += reply[name];
      sum.searched = reply.searched;
      sum.of = Math.max(of || reply.of, reply.searched);
      after = reply.next_after;
      told(sum);
    } while (after && !isStopped());
    sum.isWhole = !after;
  } catch (problem) {
    if (sum.searched === 0) throw problem;
    sum.problem = problem;
  }
  return sum;
}

const searchedText = ({ searched, of }) => (searched > 0 ? `Searched ${count(searched)} of ${count(of)}.` : '');

function progressOf(sum) {
  const share = sum.of > 0 ? Math.min(1, sum.searched / sum.of) : 1;
  return [h('p', { role: 'status' }, `${count(sum.found)} ${sum.name === 'moved' ? 'moved' : 'found'} so far. `,
    searchedText(sum)), bar(share, 'Searched')];
}

const bar = (share, label) => h('div', { class: 'meter', role: 'progressbar', 'aria-label': label,
  'aria-valuenow': Math.round(share * 100), 'aria-valuemin': 0, 'aria-valuemax': 100 },
h('i', { style: { width: `${share * 100}%` } }));

/** Why it is not all. */
const early = ({ isWhole, problem }) => !isWhole && h('p', { class: problem && 'problem' },
  problem ? `It ended early: ${problem.message}` : 'Stopped: what comes behind was not looked at.');

const movedText = (sum) => [h('p', { role: 'status' }, `Moved ${plural(sum.found, 'message')}. `, searchedText(sum)),
  early(sum)];

function dryText(sum, { to, filter }) {
  // Without a target a search counts those that say where they came from; a filter counts what has the text.
  const stay = !to && !filter ? sum.searched - sum.found : 0;
  return [h('p', { role: 'status' }, `Would move ${plural(sum.found, 'message')}. Nothing was moved. `,
    searchedText(sum)), early(sum),
  stay > 0 && h('p', null, `${plural(stay, 'message')} would stay: they do not say where they came from.`),
  !to && filter && h('p', null, 'Those of them that do not say where they came from would stay.')];
}

// Cancelling stands there while there is something to cancel.
const moveLines = (name, running) => Object.fromEntries([['roost', roost('moves', 'list', name)],
  ['curl', curl('GET', at`queues/${name}/moves`)], ...running.flatMap(({ id }) => [
    ['cancel', roost('moves', 'cancel', id)], ['cancel (curl)', curl('POST', at`moves/${id}/cancel`)]])]);

const kinds = { running: '', completed: 'ok', failed: 'crit', cancelled: 'warn' };
const why = { queue_is_gone: 'the target is gone or of another type',
  unknown_origin: 'what is left does not say where it came from' };

function moveList(moves) {
  if (moves.length === 0) return h('p', { class: 'quiet-text' }, 'None yet.');
  return h('div', { class: 'stack' }, moves.map((move) => {
    const share = move.to_move > 0 ? Math.min(1, move.moved / move.to_move) : 1;
    const cancel = h('button', { type: 'button', class: 'small', 'data-writes': '',
      onclick: () => run(cancel, async () => { await post(at`moves/${move.id}/cancel`); await refreshNow(); },
      'The move is cancelled.') }, 'Cancel');
    return h('div', { class: 'stack tight', 'data-move': move.status }, h('div', { class: 'row spread' },
      h('span', { class: 'row' }, badge(move.status, kinds[move.status]),
        `${count(move.moved)} of ${count(move.to_move)}`, ' to ',
        move.to ? h('a', { href: queueLink(move.to) }, move.to) : 'where they came from'),
      move.status === 'running' ? cancel : time(move.finished_at_ms)),
    bar(share, 'Moved'),
    move.failure && h('p', { class: 'problem' }, why[move.failure] ?? move.failure));
  }));
}
