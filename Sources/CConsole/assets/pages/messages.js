// The messages of a queue by state, without receiving them; search where the server has it.
import { at, get, post } from '../api.js';
import { bodyOf } from '../body.js';
import { commandList, commands, curl, roost } from '../command.js';
import { toast } from '../copy.js';
import { openForm } from '../dialog.js';
import { field, fill, h, select, time } from '../dom.js';
import { fresh, refreshNow } from '../live.js';
import { queueNames } from '../queuelist.js';
import { mark, STATES } from '../queueparts.js';
import { bytes, count, plural, preview } from '../text.js';
import { openMessage } from './message.js';

const LIMIT = 50;
// Of one request.
const KICK_MAX = 1000;

export default async function messages({ state, signal, query, setQuery, changed }) {
  const { name, known } = state;
  const view = { state: query.state ?? firstState(state.queue.counts), from: query.from ?? 'head', text: '',
    pages: [[]], next: null, searched: null };
  const pages = known.takes('get /queues/{}/messages', 'after');
  const searches = known.has('get /queues/{}/search');
  const chips = h('div', { class: 'chips', role: 'group', 'aria-label': 'State' });
  const from = select([['head', 'From the head'], ['tail', 'From the tail']], view.from,
    { 'aria-label': 'Which end', class: 'fit', onchange: () => { view.from = from.value; again(); } });
  const input = h('input', { type: 'search', 'aria-label': 'Search in bodies and attributes',
    placeholder: searches ? 'Search in bodies and attributes, or an id' : 'Filter what is shown', 'data-filter': '',
    spellcheck: 'false' });
  const list = h('div', { class: 'card flush' });
  const kicker = h('button', { type: 'button', 'data-writes': '', hidden: true,
    onclick: () => kickMany(name, state.queue.counts.buried) }, 'Kick…');
  const foot = h('div', { class: 'row' });
  const about = h('span', { class: 'quiet-text', role: 'status' });
  const how = commands(() => lines(name, view, searches));

  function again() {
    setQuery({ state: view.state, from: view.from === 'head' ? null : view.from });
    Object.assign(view, { pages: [[]], next: null, searched: null });
    drawChips(state.queue);
    how.refresh();
    return reload();
  }
  async function fetchPage(after) {
    if (isID.test(view.text) && known.has('get /queues/{}/messages/{}')) return byID(name, view.text, signal);
    const base = { state: view.state, limit: LIMIT, after };
    if (view.text && searches) return get(at`queues/${name}/search`, { query: { ...base, text: view.text }, signal });
    return get(at`queues/${name}/messages`, { query: { ...base, from: view.from }, signal });
  }
  const wish = () => `${view.state} ${view.from} ${view.text}`;
  // Nothing: somebody wished for something else meanwhile.
  async function load(after) {
    const wished = wish();
    const reply = await fetchPage(after);
    if (wished !== wish()) return null;
    // All pages of a search together.
    if (reply.searched !== undefined) view.searched = { searched: reply.searched, of: reply.of };
    view.next = reply.next_after ?? null;
    return reply.messages;
  }
  async function reload() {
    // Pages beyond the first stand still while somebody reads them.
    if (view.pages.length > 1) return;
    const first = await load();
    if (!first) return;
    view.pages = [first];
    draw();
  }
  async function more() {
    const next = await load(view.next);
    if (!next) return;
    view.pages.push(next);
    draw();
  }
  function draw() {
    let rows = view.pages.flat();
    if (view.text && !searches) rows = rows.filter((message) => isID.test(view.text) || matches(message, view.text));
    const signature = JSON.stringify(rows.map((message) =>
      [message.id, message.receive_count, message.due_ms, message.state]));
    if (signature !== view.signature || rows.length === 0) fill(list,
      rows.length ? table(rows, name) : empty(name, view, state.queue));
    view.signature = signature;
    about.textContent = told(view, rows.length, state.queue);
    fill(foot, about, view.next && (pages || searches) && h('button', { type: 'button', class: 'small', onclick: more },
      view.searched ? 'Search on' : 'Show more'));
  }
  function drawChips(queue) {
    kicker.hidden = view.state !== 'buried' || queue.counts.buried === 0;
    fill(chips, STATES.filter(([key]) => key !== 'damaged' || queue.counts.damaged > 0
      || view.state === key).map(([key, text]) => h('button', {
      type: 'button', 'aria-pressed': String(view.state === key), onclick: () => { view.state = key; again(); },
    }, mark(key), text, h('b', null, count(queue.counts[key])))));
  }
  let timer;
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => { view.text = input.value.trim(); again(); }, searches ? 250 : 0);
  });
  drawChips(state.queue);
  let seen = JSON.stringify(state.queue.counts);
  changed((queue) => {
    const now = JSON.stringify(queue.counts);
    if (now !== seen) keepFocus(chips, () => drawChips(queue));
    seen = now;
  });
  await fresh(async () => { if (!view.text || !searches) await reload(); }, signal);
  return h('div', { class: 'stack' }, h('div', { class: 'row' }, chips, kicker),
    h('div', { class: 'row' }, h('div', { class: 'grow' }, input), from), list, foot, how);
}

/** Asks how many buried messages go back to their place, and kicks them in as many requests as it takes. */
function kickMany(name, buried) {
  const input = h('input', { type: 'number', min: 1, value: String(buried), required: true });
  const progress = h('p', { role: 'status' });
  const wanted = () => Number(input.value);
  return openForm({ title: 'Kick buried messages', action: 'Kick',
    content: [field('How many', input, 'The oldest burial first. They go back to their place in the queue.'), progress],
    ready: () => Number.isInteger(wanted()) && wanted() >= 1,
    act: async () => {
      const kicked = await kickAll(name, wanted(), (done) => fill(progress, `${count(done)} kicked so far…`),
        () => progress.isConnected);
      toast(`${plural(kicked, 'message')} kicked.`);
      await refreshNow();
    },
    lines: () => ({ roost: roost('kick', name, wanted() >= buried ? '--all' : ['--count', wanted()]),
      curl: curl('POST', at`queues/${name}/kick`, { count: Math.min(KICK_MAX, wanted()) }) }) });
}

/** `goesOn`: until somebody leaves the form. Fewer than asked for were all that there were. */
async function kickAll(name, wanted, told, goesOn) {
  let done = 0;
  while (done < wanted && goesOn()) {
    const part = Math.min(KICK_MAX, wanted - done);
    const { kicked } = await post(at`queues/${name}/kick`, { count: part });
    done += kicked;
    told(done);
    if (kicked < part) break;
  }
  return done;
}

function keepFocus(box, draw) {
  const index = [...box.children].indexOf(document.activeElement);
  draw();
  if (index >= 0) box.children[index]?.focus();
}

const isID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** One message in whatever state, as a page. */
async function byID(name, id, signal) {
  try {
    return { messages: [await get(at`queues/${name}/messages/${id}`, { signal })], next_after: null };
  } catch (error) {
    if (error.status === 404) return { messages: [], next_after: null };
    throw error;
  }
}

const firstState = (counts) => (STATES.find(([key]) => counts[key] > 0) ?? STATES[0])[0];

const matches = (message, text) => [message.id, message.body ?? '', message.group ?? '',
  JSON.stringify(message.attributes ?? {})].some((part) => part.includes(text));

function told(view, shown, queue) {
  if (view.searched) return `${count(shown)} found. Searched ${count(view.searched.searched)} of ${count(view.searched.of)}.`;
  const all = queue.counts[view.state];
  return shown === 0 ? ''
    : `${count(shown)} of ${count(Math.max(all, shown))} shown, from the ${view.from}. Looking does not count as a receive.`;
}

function lines(name, view, searches) {
  if (view.text && searches) return { curl: curl('GET', at`queues/${name}/search`, undefined,
    { state: view.state, text: view.text, limit: LIMIT }) };
  const state = view.state.replace('_', '-');
  return { roost: roost('peek', name, '--state', state, '--from', view.from, '--count', LIMIT),
    curl: curl('GET', at`queues/${name}/messages`, undefined, { state: view.state, from: view.from, limit: LIMIT }) };
}

function table(rows, name) {
  const dated = rows.some((message) => Number.isFinite(message.due_ms));
  const grouped = rows.some((message) => message.group !== undefined && message.group !== null);
  return h('table', { class: 'messages', 'aria-label': 'Messages' },
    h('thead', null, h('tr', null, ['Message', grouped && 'Group', 'Sent', dated && 'Due', 'Received',
    'Size'].filter(Boolean)
    .map((title) => h('th', { scope: 'col', class: { Received: 'number', Size: 'number wide-only', Group: 'wide-only',
      Sent: 'wide-only' }[title] }, title)))),
  h('tbody', { 'data-rows': '' }, rows.map((message) => row(message, name, grouped, dated))));
}

function row(message, name, grouped, dated) {
  const body = bodyOf(message);
  const text = body.text === null ? `${body.data ? 'binary' : 'not readable'}` : preview(body.text) || '(empty)';
  const open = () => openMessage(name, message, queueNames);
  return h('tr', { class: 'open', onclick: (event) => { if (!event.target.closest('button')) open(); } },
    h('td', { class: 'body-cell' }, h('button', { type: 'button', class: 'link-like mono clip', onclick: open,
      title: message.id }, text)),
    grouped && h('td', { class: 'wide-only clip' }, message.group ?? ''),
      h('td', { class: 'wide-only' }, time(message.sent_at_ms)),
    dated && h('td', null, time(message.due_ms)), h('td', { class: 'number' }, count(message.receive_count)),
    h('td', { class: 'number wide-only' }, body.data ? bytes(message.body_bytes ?? body.data.length) : '–'));
}

const emptyText = {
  ready: 'Nothing is ready.', in_flight: 'Nobody holds a message.', delayed: 'No message waits for its time.',
  buried: 'No message was set aside.', damaged: 'No message is damaged.',
};

function empty(name, view, queue) {
  if (view.text) return h('div', { class: 'empty' }, h('h2', null, 'Nothing found'),
    h('p', null, 'Not in what was searched so far.'));
  const hint = view.state === 'ready' && queue.counts.in_flight + queue.counts.delayed + queue.counts.buried === 0;
  return h('div', { class: 'empty' }, h('h2', null, emptyText[view.state]),
    hint && h('p', { 'data-writes': '' }, 'Send a message in the next tab, or from a shell:'),
    hint && commandList({ roost: roost('send', name, 'hello',
      queue.settings.fifo && ['--group', 'a', '--deduplication-id', '1']),
      curl: curl('POST', at`queues/${name}/messages`, queue.settings.fifo
        ? { body: 'hello', group: 'a', deduplication_id: '1' } : { body: 'hello' }) }));
}
