// Sending: one message or many from a template, now or later.
import { at, post } from '../api.js';
import { commands, curl, roost, texts } from '../command.js';
import { copyButton } from '../copy.js';
import { check, field, fill, h, select } from '../dom.js';
import { refreshNow } from '../live.js';
import { base64FromBytes, bytes, bytesFromBase64, count, plural, seconds } from '../text.js';

const REPEAT_MAX = 10_000;
const BATCH = 500;

const templates = [
  ['', 'Template…'], ['text', 'job-details-{n}'], ['json', 'A JSON document'], ['event', 'A CloudEvent'],
    ['big', '64 KiB of text'],
];
const filled = {
  text: () => 'job-details-{n}',
  json: () => '{\n  "order": {n},\n  "items": [{"sku": "A-17", "count": 2}],\n  "note": "gift"\n}',
  event: () => '{\n  "specversion": "1.0",\n  "id": "{uuid}",\n  "source": "/console",\n  "type": "example.created",\n  "time": "{time}",\n  "data": {"number": {n}}\n}',
  big: () => 'roost '.repeat(10_923).slice(0, 65_536),
};

// What is typed survives a look at another tab.
const drafts = new Map();

export default async function send({ state, changed }) {
  const { name, queue } = state;
  const fifo = queue.settings.fifo;
  const draft = drafts.get(name) ?? {};
  const form = controls(queue, draft);
  const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  const button = h('button', { type: 'submit', class: 'main' }, 'Send message');
  const sent = h('ul', { class: 'sent', role: 'log', 'aria-label': 'Sent messages' });
  const size = h('span', { class: 'quiet-text small-text' });
  const how = commands(() => lines(name, form));
  const keep = () => {
    drafts.set(name, form.values());
    size.textContent = `${bytes(new TextEncoder().encode(form.body.value).length)} of at most ${bytes(queue.settings.maximum_message_bytes)}`;
    how.refresh();
  };
  const element = h('form', { class: 'card', oninput: keep, onchange: keep,
    onsubmit: (event) => { event.preventDefault(); submit(); } }, h('div', { class: 'stack' },
    h('div', { class: 'row spread' }, form.template, form.isBinary && check('The text is base64', form.isBinary)),
    field('Message', form.body, 'In each message {n} becomes its number, {uuid} an id and {time} the time.'), size,
    h('div', { class: 'fields' }, field(fifo ? 'Group (needed)' : 'Group', form.group,
      fifo ? 'Messages of a group stay in order.' : 'Groups take turns.'),
      fifo && field('Deduplication id', form.deduplication,
        queue.settings.content_based_deduplication ? 'Without one, the body tells messages apart.'
        : 'Needed: a second message with it is not stored within 5 minutes. {n} and {uuid} work.'),
      field('Delay', form.delay, 'For example 30s, 5m, 2d.'),
        field('Repeat', form.repeat, `Up to ${count(REPEAT_MAX)} messages.`)),
    form.attributes.element, problem, h('div', { class: 'row' }, button,
      h('span', { class: 'quiet-text small-text wide-only' }, h('kbd', null, 'Ctrl'), ' ', h('kbd', null, 'Enter'))),
      how));
  element.addEventListener('keydown', (event) => { if (event.key === 'Enter'
    && (event.ctrlKey || event.metaKey)) { event.preventDefault(); element.requestSubmit(); } });

  async function submit() {
    problem.hidden = true;
    button.disabled = true;
    try {
      const results = await sendAll(name, form, (done, all) => { button.textContent = all > 1
        ? `${count(done)} of ${count(all)}` : 'Sending…'; });
      tell(sent, results, fill);
      await refreshNow();
    } catch (error) {
      fill(problem, error.message).hidden = false;
    }
    button.disabled = false;
    button.textContent = 'Send message';
  }
  keep();
  changed(() => {});
  return h('div', { class: 'columns send' }, element, h('section', { class: 'card' }, h('h2', null, 'Sent'), sent,
    h('p', { class: 'quiet-text' }, 'Each message gets an id as soon as it is on disk.')));
}

function controls(queue, draft) {
  const body = h('textarea', { rows: 8, spellcheck: 'false', value: draft.body ?? '', placeholder: 'job-details-01' });
  const template = select(templates, '', { class: 'fit', 'aria-label': 'Template' });
  template.addEventListener('change', () => {
    if (filled[template.value]) body.value = filled[template.value]();
    template.value = '';
  });
  const form = {
    body, template, group: h('input', { value: draft.group ?? '', maxlength: 128 }),
      deduplication: h('input', { value: draft.deduplication ?? '', maxlength: 128 }),
    delay: h('input', { value: draft.delay ?? '', placeholder: 'that of the queue' }),
      repeat: h('input', { type: 'number', min: 1, max: REPEAT_MAX, value: draft.repeat ?? '1' }),
    isBinary: queue.settings.contents === 'bytes' ? h('input', { type: 'checkbox' }) : null,
      attributes: attributeRows(draft.attributes ?? []),
  };
  form.values = () => ({ body: body.value, group: form.group.value, deduplication: form.deduplication.value,
    delay: form.delay.value, repeat: form.repeat.value, attributes: form.attributes.rows() });
  return form;
}

function attributeRows(known) {
  const list = h('div', { class: 'stack tight' });
  const rows = () => [...list.children].map((row) => row.values()).filter(({ name, value }) => name || value);
  function add(given = {}) {
    const name = h('input', { 'aria-label': 'Attribute name', placeholder: 'name', value: given.name ?? '' });
    const type = select(['String', 'Number', 'Binary'].map((one) => [one, one]), given.type ?? 'String',
      { 'aria-label': 'Attribute type' });
    const value = h('input', { 'aria-label': 'Attribute value', placeholder: 'value', value: given.value ?? '' });
    const row = h('div', { class: 'attribute' }, name, type, value,
      h('button', { type: 'button', class: 'quiet', 'aria-label': 'Remove attribute', onclick: () => row.remove() },
      '×'));
    row.values = () => ({ name: name.value, type: type.value, value: value.value });
    list.append(row);
  }
  known.forEach(add);
  return { rows, element: h('fieldset', { class: 'stack tight' }, h('legend', { class: 'sr' }, 'Attributes'), list,
    h('div', null, h('button', { type: 'button', class: 'small', onclick: () => add() }, 'Add attribute'))) };
}

const expand = (text, n) => text.replaceAll('{n}', String(n).padStart(2, '0')).replaceAll('{uuid}',
  () => newID()).replaceAll('{time}', () => new Date().toISOString());

// `randomUUID` is there on https and localhost only.
function newID() {
  const data = crypto.getRandomValues(new Uint8Array(16));
  data[6] = (data[6] & 15) | 64;
  data[8] = (data[8] & 63) | 128;
  const digits = [...data].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return digits.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
}

function message(form, n) {
  const { body, group, deduplication, delay } = form;
  const text = expand(body.value, n);
  const attributes = Object.fromEntries(form.attributes.rows().map(({ name, type, value }) =>
    [name, type === 'Binary' ? { type, value_base64: value } : { type, value: expand(value, n) }]));
  const wait = delay.value.trim() === '' ? undefined : seconds(delay.value);
  if (Number.isNaN(wait)) throw new Error('The delay is no time. Accepted: 30, 250ms, 5m, 2h, 1d.');
  return {
    ...(form.isBinary?.checked ? { body_base64: checkedBase64(text) } : { body: text }),
    ...(group.value && { group: expand(group.value, n) }),
      ...(deduplication.value && { deduplication_id: expand(deduplication.value, n) }),
    ...(wait !== undefined && { delay_seconds: wait }), ...(Object.keys(attributes).length && { attributes }),
  };
}

function checkedBase64(text) {
  try {
    return base64FromBytes(bytesFromBase64(text.replace(/\s/g, '')));
  } catch {
    throw new Error('The message is no base64.');
  }
}

async function sendAll(name, form, told) {
  const repeat = Number(form.repeat.value);
  if (!Number.isInteger(repeat) || repeat < 1
    || repeat > REPEAT_MAX) throw new Error(`Repeat is a number from 1 to ${count(REPEAT_MAX)}.`);
  told(0, repeat);
  // A key makes a repeated request after a broken connection the same request.
  if (repeat === 1) return [await post(at`queues/${name}/messages`, message(form, 1),
    { headers: { 'Idempotency-Key': newID() } })];
  const all = [];
  for (let from = 0; from < repeat; from += BATCH) {
    const messages = Array.from({ length: Math.min(BATCH, repeat - from) },
      (_, index) => message(form, from + index + 1));
    const reply = await post(at`queues/${name}/messages`, { messages }, { headers: { 'Idempotency-Key': newID() } });
    all.push(...reply.results);
    told(all.length, repeat);
  }
  return all;
}

function tell(list, results, put) {
  const good = results.filter((result) => result.id);
  const bad = results.find((result) => result.error);
  const item = h('li');
  if (results.length === 1 && good.length === 1) put(item, 'Message ', h('code', { class: 'message-id' }, good[0].id),
    ' is in the queue. ', copyButton(good[0].id, 'Copy id'));
  else put(item, `${plural(good.length, 'message')} in the queue.`,
    bad && h('span', { class: 'problem' }, ` ${count(results.length - good.length)} refused: ${bad.error.detail}`));
  list.prepend(item);
  while (list.children.length > 20) list.lastChild.remove();
}

function lines(name, form) {
  let one;
  try {
    one = message(form, 1);
  } catch {
    return {};
  }
  const options = [one.group && ['--group', one.group],
    one.deduplication_id && ['--deduplication-id', one.deduplication_id],
    form.delay.value.trim() && ['--delay', form.delay.value.trim()],
    form.attributes.rows().map(({ name: key, type, value }) => ['--attribute', `${key}=${value}:${type}`]).flat()];
  // The command line reads stdin for -.
  return { roost: ![undefined, '-'].includes(one.body) && roost('send', name, options, texts(one.body)),
    curl: curl('POST', at`queues/${name}/messages`, one) };
}
