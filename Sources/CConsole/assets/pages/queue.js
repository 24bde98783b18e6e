// One queue: what it holds, and everything that can be done with it.
import { at, call, features, get, post } from '../api.js';
import { commands, curl, roost } from '../command.js';
import { toast } from '../copy.js';
import { confirm, openForm, run } from '../dialog.js';
import { field, fill, h, renew, time } from '../dom.js';
import { fresh, refreshNow } from '../live.js';
import { sample } from '../queuelist.js';
import { badges, mark, oldest, queueLink, STATES } from '../queueparts.js';
import { count, plural, rate } from '../text.js';
import messages from './messages.js';
import send from './send.js';
import receive from './receive.js';
import dead from './dead.js';
import groups from './groups.js';
import settings from './settings.js';
import trend from './trend.js';

const tabs = [['messages', 'Messages', messages], ['send', 'Send', send], ['receive', 'Receive', receive],
  ['dead', 'Dead letters', dead],
  ['groups', 'Groups', groups], ['chart', 'Chart', trend], ['settings', 'Settings', settings]];
// Tabs of which nothing is left where nothing can be changed.
const changing = new Set(['send', 'receive']);
const writes = (key) => (changing.has(key) ? '' : null);

export default async function queue(context) {
  const { params: [name, tab = 'messages'], signal } = context;
  const known = await features();
  const state = { name, known, queue: await get(at`queues/${name}`, { signal }), listeners: [] };
  const shown = tabs.filter(([key]) => key !== 'groups'
    || (state.queue.settings.fifo && known.has('get /queues/{}/groups')));
  const [key, title, render] = shown.find(([one]) => one === tab) ?? shown[0];
  const counts = h('dl', { class: 'tiles', 'aria-label': 'Counts' });
  const notice = h('div');
  const resumeHow = commands(() => ({ roost: roost('queue', 'resume', name),
    curl: curl('POST', at`queues/${name}/resume`) }), 'Resume as a command');
  const resumeBox = h('div', { class: 'after-notice', 'data-writes': '' });
  const actions = h('div', { class: 'row' });
  const marks = h('span', { class: 'chips' });

  const draw = () => {
    renew(counts, tiles(state.queue));
    renew(notice, state.queue.pause && paused(state));
    if (!state.queue.pause) fill(resumeBox);
    else if (!resumeHow.isConnected) fill(resumeBox, resumeHow);
    renew(marks, badges(state.queue));
  };
  draw();
  fill(actions, buttons(state));
  const content = await render({ ...context, state, changed: (tell) => state.listeners.push(tell) });
  await fresh(async () => {
    state.queue = await get(at`queues/${name}`, { signal });
    sample(state.queue);
    draw();
    state.listeners.forEach((tell) => tell(state.queue));
  }, signal);
  const bar = h('nav', { class: 'tabs', 'aria-label': 'Queue' },
    shown.map(([one, text]) => h('a', { href: queueLink(name, one), 'data-writes': writes(one),
    'aria-current': one === key ? 'page' : null }, text)));
  return { title: name, crumb: ['Queues', '#/queues'], heading: [marks, actions],
    element: h('div', null, notice, resumeBox, h('div', { class: 'below' }, counts), bar,
      h('div', { 'data-writes': writes(key) }, content)), subtitle: title };
}

function tiles(queue) {
  const last = sample(queue).at(-1);
  const tile = (name, value, note, key) => h('div', { class: 'tile', 'data-count': key }, h('dt', null, name),
    h('dd', { class: 'value' }, value), note && h('dd', { class: 'note' }, note));
  return [
    ...STATES.filter(([key]) => key !== 'damaged' || queue.counts.damaged > 0).map(([key, name]) =>
      tile([mark(key), name], count(queue.counts[key]), null, key)),
    tile('Oldest', oldest(queue)),
    tile('In / out', `${rate(last?.in)} / ${rate(last?.out)}`, 'a second'),
    tile('Waiting', count(queue.waiters), plural(queue.waiters, 'receive').replace(/^\S+ /, '')),
  ];
}

function paused({ queue, name }) {
  const button = h('button', { type: 'button', class: 'small', 'data-writes': '',
    onclick: () => run(button, () => resumeAndTell(name, queue.pause.reason)) }, 'Resume');
  return h('div', { class: 'notice' }, h('strong', null, '❚❚ Paused'), time(queue.pause.since_ms),
    h('span', null, queue.pause.reason || 'No reason was given.'),
    h('span', { class: 'quiet-text' }, 'Receives get nothing; sends are taken.'), button);
}

async function resume(name) {
  await post(at`queues/${name}/resume`);
  await refreshNow();
}

async function hold(name, reason) {
  await post(at`queues/${name}/pause`, reason ? { reason } : undefined);
  await refreshNow();
}

async function resumeAndTell(name, reason) {
  await resume(name);
  toast('The queue goes on.', '', () => hold(name, reason));
}

function buttons(state) {
  const { name } = state;
  const button = (text, onclick, kind = '') => h('button', { type: 'button', class: `small ${kind}`,
    'data-writes': '', onclick }, text);
  return [h('a', { class: 'button small', href: `#/tail/queue/${encodeURIComponent(name)}` }, 'Live tail'),
    button('Pause', () => pause(state)), button('Purge', () => purge(state), 'danger'),
      button('Delete queue', () => remove(state), 'danger')];
}

function pause({ name }) {
  const reason = h('input', { maxlength: 500, placeholder: 'the database is down' });
  const body = () => (reason.value ? { reason: reason.value } : undefined);
  return openForm({ title: `Pause ${name}`, action: 'Pause',
    content: [h('p', null, 'Receives get nothing until you resume it. Sends are taken as before.'),
    field('Reason', reason, 'Others see it.')],
    act: async () => {
      await hold(name, reason.value);
      toast('The queue is paused.', '', () => resume(name));
    },
    lines: () => ({ roost: roost('queue', 'pause', name, reason.value && ['--reason', reason.value]),
      curl: curl('POST', at`queues/${name}/pause`, body()) }) });
}

function purge({ name, queue }) {
  const all = STATES.reduce((sum, [key]) => sum + queue.counts[key], 0);
  return confirm({ title: `Purge ${name}`, name, action: 'Delete all messages',
    text: `${plural(all, 'message')} in whatever state will be deleted, for ever. The queue stays.`,
    act: async () => { await post(at`queues/${name}/purge`); await refreshNow(); },
    lines: () => ({ roost: roost('queue', 'purge', name), curl: curl('POST', at`queues/${name}/purge`) }) });
}

function remove({ name }) {
  return confirm({ title: `Delete ${name}`, name, action: 'Delete queue',
    text: 'The queue and all its messages will be deleted, for ever.',
    act: async () => { await call('DELETE', at`queues/${name}`); location.hash = '#/queues'; },
    lines: () => ({ roost: roost('queue', 'delete', name), curl: curl('DELETE', at`queues/${name}`) }) });
}
