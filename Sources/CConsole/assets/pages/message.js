// One message: its body, what is known about it, and what can be done with it.
import { at, post } from '../api.js';
import { bodyOf, bodyViewer } from '../body.js';
import { commands, curl, roost } from '../command.js';
import { copyButton } from '../copy.js';
import { confirm, openDialog, openForm, run } from '../dialog.js';
import { field, h, pairs, time } from '../dom.js';
import { refreshNow } from '../live.js';
import { mark, queueLink, stateName } from '../queueparts.js';
import { count } from '../text.js';

/** What is known of a message beside its body. */
export function facts(message) {
  const burial = message.burial;
  return pairs(
    ['Id', [h('code', null, message.id), ' ', copyButton(message.id, 'Copy id')]],
    message.state && ['State', h('span', { class: 'cell' }, mark(message.state), stateName(message.state))],
    Number.isFinite(message.due_ms) && [message.state === 'in_flight' ? 'Comes back' : 'Due', time(message.due_ms)],
    ['Sent', time(message.sent_at_ms)],
    ['Received', message.receive_count === 1 ? 'once' : `${count(message.receive_count)} times`],
    message.first_received_at_ms && ['First received', time(message.first_received_at_ms)],
    message.group !== undefined && message.group !== null && ['Group', message.group],
    message.deduplication_id && ['Deduplication id', message.deduplication_id],
    message.sequence !== undefined && ['Sequence', String(message.sequence)],
    message.sender && ['Sender', message.sender],
    message.trace && ['Trace', message.trace],
    message.dead_letter_source && ['Dead letter of', h('a', { href: queueLink(message.dead_letter_source) },
      message.dead_letter_source)],
    burial && ['Buried', [time(burial.at_ms), burial.by && ` by ${burial.by}`]],
    burial?.reason && ['Reason', burial.reason],
    burial?.error && ['Error', burial.error],
  );
}

/** The attributes as a table, or nothing. */
export function attributes(message) {
  const list = Object.entries(message.attributes ?? {});
  if (list.length === 0) return null;
  return h('table', { class: 'attributes', 'aria-label': 'Attributes' }, h('thead', null,
    h('tr', null, ['Attribute', 'Type', 'Value'].map((text) => h('th', { scope: 'col' }, text)))),
    h('tbody', null, list.map(([name, value]) => h('tr', null, h('td', null, name), h('td', null, value.type),
      h('td', { class: 'mono' }, value.value ?? value.value_base64)))));
}

/** Opens a message of a queue. */
export function openMessage(queue, message, names) {
  const dialog = openDialog('Message', bodyViewer(bodyOf(message), `${message.id}.bin`), attributes(message),
    facts(message), actions(queue, message, names, () => dialog.close()),
    commands(() => lines(queue, message)));
}

// Looking at one message by its id is nothing that the command line has.
function lines(queue, { id, state }) {
  const look = { curl: curl('GET', at`queues/${queue}/messages/${id}`) };
  if (state !== 'buried') return look;
  return { ...look, kick: roost('kick', queue, '--id', id),
    'kick (curl)': curl('POST', at`queues/${queue}/kick`, { ids: [id] }) };
}

function actions(queue, message, names, close) {
  const done = async () => { close(); await refreshNow(); };
  const button = (text, onclick, kind = '') => h('button', { type: 'button', class: `small ${kind}`, onclick }, text);
  return h('div', { class: 'row', 'data-writes': '' },
    message.state === 'buried' && button('Kick', (event) =>
      run(event.target, async () => { await kick(queue, message.id); await done(); },
      'The message is back in its place.')),
    message.state === 'ready' && button('Move to…', () => move(queue, message, names, done)),
    button('Delete message', () => remove(queue, message, done), 'danger'));
}

export const kick = (queue, id) => one(post(at`queues/${queue}/kick`, { ids: [id] }));

/** The first result of a list, or its problem. */
export async function one(reply) {
  const { results } = await reply;
  if (results?.[0]?.error) throw new Error(results[0].error.detail);
  return results?.[0];
}

function remove(queue, message, done) {
  const body = { ids: [message.id] };
  return confirm({ title: 'Delete this message', text: `${message.id} will be deleted, for ever.`,
    action: 'Delete message',
    act: async () => { await one(post(at`queues/${queue}/delete`, body)); await done(); },
    lines: () => ({ roost: roost('delete', queue, '--id', message.id),
      curl: curl('POST', at`queues/${queue}/delete`, body) }) });
}

async function move(queue, message, names, done) {
  const all = await names();
  const list = h('datalist', { id: 'move-names' }, all.filter((name) => name !== queue).map((name) =>
    h('option', { value: name })));
  const to = h('input', { list: 'move-names', required: true, autocomplete: 'off' });
  const body = () => ({ ids: [message.id], to: to.value });
  return openForm({ title: 'Move this message', action: 'Move',
    content: [field('To queue', to, 'It will stand at the end there, with a receive count of 0.'), list],
    ready: () => to.value !== '',
    act: async () => {
      const { moved } = await post(at`queues/${queue}/move`, body());
      if (moved !== 1) throw new Error('It was not moved: it is not ready any more.');
      await done();
    },
    lines: () => ({ curl: curl('POST', at`queues/${queue}/move`, body()) }) });
}
