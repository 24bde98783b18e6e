// Messages as they are sent to a queue, or published to a channel: newest on top.
import { at, features, get } from '../api.js';
import { bodyOf } from '../body.js';
import { commands, curl, roost } from '../command.js';
import { fill, h, select } from '../dom.js';
import { follow, fresh, isLive } from '../live.js';
import { queueNames } from '../queuelist.js';
import { count, plural, utc } from '../text.js';

const ROWS_MAX = 500;
const PEEK = 100;
const SEEN_MAX = 5000;

export default async function tail({ params: [kind = 'queue', name = ''], signal }) {
  const known = await features();
  const events = known.has('get /events');
  const state = { rows: [], left: 0, gaps: 0, paused: false, seen: new Set(), filter: '' };
  const names = h('datalist', { id: 'tail-names' });
  const what = select([['queue', 'Queue'], ...(events ? [['channel', 'Channels']] : [])], kind,
    { 'aria-label': 'What to follow', class: 'fit' });
  const input = h('input', { value: name, list: kind === 'queue' ? 'tail-names' : null,
    placeholder: kind === 'queue' ? 'name of a queue' : 'channel or pattern, for example news.*', 'aria-label': 'Name',
    autocomplete: 'off' });
  const go = () => { if (input.value) location.hash = `#/tail/${what.value}/${encodeURIComponent(input.value)}`; };
  what.addEventListener('change', () => { location.hash = `#/tail/${what.value}`; });
  queueNames().then((all) => fill(names, all.map((one) => h('option', { value: one }))), () => {});
  const filter = h('input', { type: 'search', placeholder: 'Filter', 'aria-label': 'Filter', 'data-filter': '',
    oninput: () => { state.filter = filter.value; draw(); } });
  const pause = h('button', { type: 'button', 'aria-pressed': 'false',
    onclick: () => { state.paused = !state.paused; draw(); } }, 'Pause');
  const status = h('span', { class: 'quiet-text', role: 'status' });
  const list = h('ul', { class: 'tail', 'data-rows': '', tabindex: 0, 'aria-label': 'Messages' });
  const empty = h('div', { class: 'empty' });
  const card = h('section', { class: 'card flush' }, list, empty);

  function add(rows) {
    state.rows = [...rows, ...state.rows].slice(0, ROWS_MAX);
    if (!state.paused) draw();
  }
  function draw() {
    pause.textContent = state.paused ? 'Go on' : 'Pause';
    pause.setAttribute('aria-pressed', String(state.paused));
    const rows = state.rows.filter((row) => row.isGap || !state.filter || row.text.includes(state.filter)
      || row.from.includes(state.filter));
    fill(list, rows.map(line));
    list.hidden = rows.length === 0;
    empty.hidden = rows.length > 0;
    fill(empty, waiting(kind, name));
    status.textContent = told(state, name && !isLive() && !events);
  }
  if (name && events) await followEvents(kind, name, state, add, signal);
  else if (name) await fresh(() => peek(name, state, add, signal), signal);
  draw();
  const form = h('form', { class: 'row', onsubmit: (event) => { event.preventDefault(); go(); } }, what,
    h('div', { class: 'grow' }, input), names, h('button', { type: 'submit', class: 'main' }, 'Follow'));
  const how = name && kind === 'queue' && commands(() => ({ curl: events
    ? curl('GET', '/api/v1/events', undefined, { queues: name }).replace('curl', 'curl -N')
    : curl('GET', at`queues/${name}/messages`, undefined, { from: 'tail' }),
    roost: roost('peek', name, '--from', 'tail') }));
  return { title: 'Live tail', element: h('div', { class: 'stack' }, form,
    name && h('div', { class: 'row' }, pause, h('div', { class: 'grow' }, filter), status),
    name ? card : h('section', { class: 'card' }, h('div', { class: 'empty' }, waiting(kind, ''))), how) };
}

function told({ rows, left, gaps, paused }, isPolled) {
  return [plural(rows.filter((row) => !row.isGap).length, 'message'), left > 0 && `${count(left)} left out`,
    gaps > 0 && plural(gaps, 'gap'), paused && 'paused',
    isPolled && 'looked at every 2 s'].filter(Boolean).join(', ');
}

/** A row that says that something is not there. */
function gap(missed) {
  const what = missed > 0 ? plural(missed, 'event') : 'Some events';
  return { isGap: true, at: Date.now(), from: '', text: `${what} missed here: the page was too slow, or away.` };
}

async function followEvents(kind, name, state, add, signal) {
  // First what stands there already.
  if (kind === 'queue') await peek(name, state, add, signal);
  const what = kind === 'queue' ? { queues: [name] } : { channels: [name] };
  follow(what, (event, data) => {
    if (event === 'message' && kind === 'queue' && (data.queue ?? name) === name) {
      state.left += data.left_out ?? 0;
      const messages = data.messages ?? (data.message ? [data.message] : [data]);
      const unseen = messages.filter((one) => one.id && !state.seen.has(one.id));
      unseen.forEach((one) => state.seen.add(one.id));
      while (state.seen.size > SEEN_MAX) state.seen.delete(state.seen.values().next().value);
      // At the end of a burst comes the number of those left out alone.
      add(unseen.map((one) => rowOf(one, data.at_ms)).reverse());
    } else if (event === 'gap') {
      state.gaps += 1;
      add([gap(data.missed)]);
      if (kind === 'queue') peek(name, state, add, signal).catch(() => {});
    } else if (event === 'published' && kind === 'channel') {
      state.left += data.left_out ?? 0;
      const text = data.message ?? textOf(data.message_base64);
      if (typeof text === 'string') add([{ at: data.at_ms ?? Date.now(), from: data.channel ?? '', text }]);
    }
  }, signal);
}

const textOf = (base64) => (base64 === undefined ? undefined : `base64 ${base64}`);

function rowOf(message, at) {
  const body = bodyOf(message);
  return { at: at ?? message.sent_at_ms ?? Date.now(), from: message.group ?? message.id.slice(0, 8),
    text: body.text ?? `base64 ${message.body_base64 ?? ''}` };
}

// Without events: what stands at the end of the queue and was not seen before. What was taken in between is not seen.
async function peek(name, state, add, signal) {
  const { messages } = await get(at`queues/${name}/messages`, { query: { from: 'tail', limit: PEEK }, signal });
  const fresh = messages.filter((message) => !state.seen.has(message.id)).sort((left, right) =>
    right.sent_at_ms - left.sent_at_ms);
  fresh.forEach((message) => state.seen.add(message.id));
  if (state.seen.size > SEEN_MAX) state.seen = new Set(messages.map((message) => message.id));
  if (fresh.length > 0) add(fresh.map((message) => rowOf(message)));
}

function line(row) {
  return h('li', { class: row.isGap && 'gap' }, h('time', { title: utc(row.at) },
    new Date(row.at).toISOString().slice(11, 23)),
    h('span', { class: 'quiet-text' }, row.from), h('span', { class: 'body' }, row.text.slice(0, 2000)));
}

function waiting(kind, name) {
  if (!name) return [h('h2', null, 'Follow a queue or a channel'),
    h('p', null, 'What is sent stands here as it comes, without being received.')];
  return [h('h2', null, 'Waiting for messages'), h('p', null,
    kind === 'queue' ? ['What is sent to ', h('strong', null, name), ' shows up here.']
    : ['What is published to ', h('strong', null, name), ' shows up here.'])];
}
