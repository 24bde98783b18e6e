// Receiving as a worker does: take a batch, then acknowledge, release, extend or bury each message.
import { at, post } from '../api.js';
import { bodyOf, bodyViewer } from '../body.js';
import { commands, curl, roost } from '../command.js';
import { toast } from '../copy.js';
import { openForm, run } from '../dialog.js';
import { badge, field, fill, h, time } from '../dom.js';
import { refreshNow } from '../live.js';
import { count, duration, plural, seconds } from '../text.js';
import { attributes, facts, kick, one } from './message.js';

// What this tab holds, by queue: it survives a look at another tab.
const held = new Map();
const HELD_MAX = 500;

export default async function receive({ state, signal, changed }) {
  const { name } = state;
  const entries = held.get(name) ?? [];
  held.set(name, entries);
  const max = h('input', { type: 'number', min: 1, max: 1000, value: '1' });
  const wait = h('input', { value: '0s' });
  const visibility = h('input',
    { placeholder: `${duration(state.queue.settings.visibility_timeout_seconds)}, that of the queue` });
  const button = h('button', { type: 'submit', class: 'main' }, 'Receive messages');
  const status = h('p', { role: 'status', class: 'quiet-text' },
    'Received messages are hidden from others until they are acknowledged or their time is over.');
  const list = h('div', { class: 'card flush', hidden: true });
  const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  const body = () => request(max, wait, visibility);
  const how = commands(() => lines(name, max, wait, visibility, body));
  const draw = () => {
    list.hidden = entries.length === 0;
    const known = [...list.children];
    fill(list, entries.map((entry) => { entry.element ??= card(name, entry, draw); return entry.element; }));
    return known;
  };
  const form = h('form', { class: 'card', oninput: () => how.refresh(),
    onsubmit: (event) => { event.preventDefault(); take(); } }, h('div', { class: 'stack' },
    h('div', { class: 'fields' }, field('Batch size', max, 'Messages at most.'),
      field('Wait', wait, 'For the first message, up to 1h.'),
      field('Visibility timeout', visibility, 'How long they stay hidden.')),
    problem, h('div', { class: 'row' }, button, status), how));

  async function take() {
    problem.hidden = true;
    button.disabled = true;
    status.textContent = 'Waiting for messages…';
    try {
      const wish = body();
      const { messages } = await post(at`queues/${name}/receive`, wish, { signal });
      add(messages, wish);
      status.textContent = outcome(messages.length, wish.max);
      draw();
      await refreshNow();
    } catch (error) {
      if (error.name === 'AbortError') return;
      status.textContent = '';
      fill(problem, error.message).hidden = false;
    }
    button.disabled = false;
  }
  function add(messages, wish) {
    const until = Date.now() + (wish.visibility_timeout_seconds ?? state.queue.settings.visibility_timeout_seconds) * 1000;
    for (const message of [...messages].reverse()) {
      const old = entries.findIndex((entry) => entry.message.id === message.id);
      if (old >= 0) entries.splice(old, 1);
      entries.unshift({ message, until });
    }
    entries.splice(HELD_MAX);
  }
  const timer = setInterval(() => entries.forEach((entry) => entry.renew?.()), 1000);
  signal.addEventListener('abort', () => clearInterval(timer));
  changed(() => {});
  draw();
  return h('div', { class: 'stack' }, form, list, byID(name));
}

function request(max, wait, visibility) {
  const result = { max: Number(max.value), wait_seconds: seconds(wait.value || '0') };
  if (visibility.value.trim()) result.visibility_timeout_seconds = seconds(visibility.value);
  if (Object.values(result).some(Number.isNaN)) throw new Error('A time is not understood. Accepted: 30, 250ms, 5m, 2h.');
  return result;
}

function outcome(found, wanted) {
  if (found === 0) return 'No messages available in the queue.';
  return found < wanted ? `${plural(found, 'message')} received, fewer than asked for.`
    : `${plural(found, 'message')} received.`;
}

function lines(name, max, wait, visibility, body) {
  try {
    return { roost: roost('receive', name, '--max', max.value, wait.value && ['--wait', wait.value],
      visibility.value && ['--visibility', visibility.value]), curl: curl('POST', at`queues/${name}/receive`, body()) };
  } catch {
    return {};
  }
}

function card(name, entry, draw) {
  const { message } = entry;
  const left = h('span', { class: 'badge' });
  const buttons = h('div', { class: 'row' });
  const element = h('article', { class: 'message', 'data-id': message.id },
    h('div', { class: 'title' }, h('code', { class: 'message-id' }, message.id),
    h('span', { class: 'quiet-text' }, message.receive_count === 1 ? 'first receive'
      : `receive ${count(message.receive_count)}`), left,
      h('span', { class: 'quiet-text' }, 'sent ', time(message.sent_at_ms))),
  bodyViewer(bodyOf(message), `${message.id}.bin`), attributes(message), buttons,
  h('details', { class: 'how' }, h('summary', null, 'Details'), facts(message)),
    commands(() => messageLines(name, entry)));
  const end = (text, kind) => {
    entry.done = text;
    fill(buttons);
    element.classList.add('gone');
    fill(left, text).className = `badge ${kind}`;
    return refreshNow();
  };
  entry.renew = () => {
    if (entry.done) return;
    const seconds = (entry.until - Date.now()) / 1000;
    left.textContent = seconds > 0 ? `held for ${duration(Math.ceil(seconds))}` : 'time is over: others may have it';
    left.classList.toggle('warn', seconds <= 5);
  };
  fill(buttons, messageButtons(name, entry, end));
  entry.renew();
  return element;
}

function messageButtons(name, entry, end) {
  const handles = [entry.message.handle];
  const button = (text, act, kind = '') => h('button', { type: 'button', class: `small ${kind}`,
    onclick: (event) => run(event.currentTarget, act) }, text);
  const visibility = (time) => one(post(at`queues/${name}/visibility`, { handles, visibility_timeout_seconds: time }));
  return [
    button('Acknowledge', async () => { await one(post(at`queues/${name}/delete`,
      { handles })); await end('✓ acknowledged', 'ok'); }, 'main'),
    button('Release', async () => { await visibility(0); await end('released', ''); }),
    button('Extend by a minute', async () => {
      const time = extended(entry);
      await visibility(time);
      entry.until = Date.now() + time * 1000;
      entry.renew();
    }),
    h('button', { type: 'button', class: 'small', onclick: () => bury(name, entry, end) }, 'Bury…'),
  ];
}

// A minute more than is left, in seconds from now.
const extended = ({ until }) => Math.max(0, Math.round((until - Date.now()) / 1000)) + 60;

function bury(name, { message }, end) {
  const handles = [message.handle];
  const reason = h('input', { placeholder: 'no such image' });
  const error = h('textarea', { rows: 3 });
  const by = h('input', { value: 'console' });
  const body = () => ({ handles, ...(reason.value && { reason: reason.value }),
    ...(error.value && { error: error.value }), ...(by.value && { by: by.value }) });
  return openForm({ title: 'Bury this message', action: 'Bury',
    content: [h('p', null, 'It is delivered to nobody until it is kicked.'), field('Reason', reason),
    field('Error', error), field('By', by)],
    act: async () => {
      await one(post(at`queues/${name}/bury`, body()));
      await end('▾ buried', 'warn');
      toast('The message is buried.', '', async () => { await kick(name, message.id); await end('kicked', ''); });
    },
    lines: () => ({ roost: roost('bury', name, handles, reason.value && ['--reason', reason.value],
      error.value && ['--error', error.value], by.value && ['--by', by.value]),
    curl: curl('POST', at`queues/${name}/bury`, body()) }) });
}

function messageLines(name, entry) {
  const { message } = entry;
  const handles = [message.handle];
  const time = extended(entry);
  return { acknowledge: roost('delete', name, message.handle),
    curl: curl('POST', at`queues/${name}/delete`, { handles }),
    release: roost('release', name, handles),
    'release (curl)': curl('POST', at`queues/${name}/visibility`, { handles, visibility_timeout_seconds: 0 }),
    extend: roost('extend', name, handles, '--visibility', `${time}s`),
    'extend (curl)': curl('POST', at`queues/${name}/visibility`, { handles, visibility_timeout_seconds: time }) };
}

// A worker that noted the id of a message only.
function byID(name) {
  const id = h('input', { placeholder: '0b0f1c7e-6a4b-4d0e-9e2b-0f4bfc2d6c11', spellcheck: 'false',
    autocomplete: 'off' });
  const status = h('p', { role: 'status' });
  const how = commands(() => ({ roost: roost('delete', name, '--id', id.value || 'ID'),
    curl: curl('POST', at`queues/${name}/delete`, { ids: [id.value || 'ID'] }) }));
  const button = h('button', { type: 'submit' }, 'Acknowledge');
  const submit = async () => {
    if (!id.value.trim()) return;
    fill(status);
    await run(button, async () => {
      await one(post(at`queues/${name}/delete`, { ids: [id.value.trim()] }));
      fill(status, 'Message ', h('code', null, id.value.trim()), ' is deleted.');
      await refreshNow();
    });
  };
  return h('form', { class: 'card', oninput: () => how.refresh(),
    onsubmit: (event) => { event.preventDefault(); submit(); } },
    h('div', { class: 'stack' }, h('h2', null, 'Acknowledge by id'),
    h('div', { class: 'row end' }, h('div', { class: 'grow' },
      field('Message id', id, 'Deletes the message in whatever state.')), button), status, how));
}
