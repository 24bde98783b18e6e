// Every route of the API with a form, made from the OpenAPI document of the server.
import { features, raw } from '../api.js';
import { bodyViewer } from '../body.js';
import { commandLine, curl } from '../command.js';
import { run } from '../dialog.js';
import { badge, field, fill, h, select } from '../dom.js';
import { duration } from '../text.js';
import { missing } from './missing.js';

const STREAM_SHOWN_MAX = 20_000;
const METHODS = ['get', 'put', 'post', 'patch', 'delete'];

export default async function explorer({ query, setQuery, signal }) {
  const known = await features();
  if (!known.document) return missing('API', 'A description of the API', { curl: curl('GET', '/api/v1/queues') });
  const operations = Object.entries(known.document.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => ({ key: `${method} ${path}`, path, method, item,
    operation: item[method] })));
  const form = h('div');
  const list = h('ul', { class: 'plain operations', 'data-rows': '' });
  const filter = h('input', { type: 'search', placeholder: 'Filter routes', 'aria-label': 'Filter routes',
    'data-filter': '', oninput: () => drawList() });
  let current = operations.find(({ key }) => key === query.route) ?? operations[0];
  function drawList() {
    fill(list, operations.filter(({ key, operation }) =>
      `${key} ${operation.summary ?? ''}`.toLowerCase().includes(filter.value.toLowerCase())).map((one) =>
      h('li', null, h('button', {
      type: 'button', class: 'quiet route', 'aria-pressed': String(one === current), title: one.operation.summary,
        onclick: () => { current = one; setQuery({ route: one.key }); drawList(); show(); },
    }, h('span', { class: `verb ${one.method}` }, one.method.toUpperCase()),
      h('span', { class: 'mono clip' }, one.path)))));
  }
  let shown;
  // Another route ends what the one before still waits for.
  const show = () => {
    shown?.abort();
    shown = new AbortController();
    fill(form, operationForm(known, current, AbortSignal.any([signal, shown.signal])));
  };
  drawList();
  show();
  return { title: 'API', crumb: null, heading: [h('div', { class: 'row' },
    h('a', { class: 'button small', href: '/openapi.json' }, 'openapi.json'))],
    element: h('div', { class: 'explorer' }, h('div', { class: 'card stack tight' }, filter, list), form) };
}

function operationForm(known, { path, method, item, operation }, signal) {
  const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((one) => known.resolve(one));
  const inputs = parameters.map((one) => ({ ...one, input: control(known.resolve(one.schema) ?? {}, one) }));
  const media = known.resolve(operation.requestBody)?.content?.['application/json'];
  const body = media && h('textarea', { rows: 8, spellcheck: 'false',
    value: JSON.stringify(example(known, media), null, 2) ?? '' });
  const result = h('div');
  const line = h('div');
  const button = h('button', { type: 'submit', class: method === 'delete' ? 'danger' : 'main' },
    `${method.toUpperCase()}`);
  if (changes(method, path)) button.dataset.writes = '';
  let asked;
  const stop = h('button', { type: 'button', hidden: true, onclick: () => asked.abort() }, 'Stop');
  const target = () => {
    const value = ({ input }) => input.value;
    const filled = inputs.filter(({ in: place }) => place === 'path').reduce((text, one) =>
      text.replaceAll(`{${one.name}}`, encodeURIComponent(value(one))), path);
    return { path: filled, query: Object.fromEntries(inputs.filter(({ in: place }) => place === 'query').map((one) =>
      [one.name, value(one)])), headers: Object.fromEntries(inputs.filter((one) => one.in === 'header'
      && value(one)).map((one) => [one.name, value(one)])) };
  };
  const draw = () => fill(line, commandLine('curl', curl(method.toUpperCase(), target().path, body?.value || undefined,
    target().query)));
  const submit = () => run(button, async () => {
    const { path: to, query, headers } = target();
    asked = new AbortController();
    stop.hidden = false;
    try {
      const reply = await raw(method.toUpperCase(), to, { query, headers, body: body?.value || undefined,
        signal: AbortSignal.any([signal, asked.signal]) }, streamInto(result));
      fill(result, answer(reply));
    } catch (error) {
      if (error.name !== 'AbortError') throw error;
      fill(result, h('p', { role: 'status' }, 'Stopped before there was an answer.'));
    }
  }).finally(() => { stop.hidden = true; });
  draw();
  return h('form', { class: 'card', oninput: draw, onchange: draw,
    onsubmit: (event) => { event.preventDefault(); submit(); } }, h('div', { class: 'stack' },
    h('h2', { class: 'mono' }, `${method.toUpperCase()} ${path}`),
      h('p', null, operation.summary ?? '', ' ', operation.description ?? ''),
    inputs.length > 0 && h('div', { class: 'fields' }, inputs.map((one) =>
      field(`${one.name}${one.required ? ' (needed)' : ''}`, one.input, one.description))),
    body && field('Body', body), line, h('div', { class: 'row' }, button, stop), result));
}

// The receive of the AweQ API is a GET that leases messages; a session is nothing that the server keeps.
const changes = (method, path) => (method !== 'get' && path !== '/api/v1/session') || path === '/receive-message';

/** Shows an answer that goes on, with its end in sight. */
function streamInto(result) {
  const pre = h('pre', { class: 'stream', tabindex: 0, 'aria-label': 'Answer so far' });
  return (text) => {
    if (!pre.isConnected) fill(result, h('p', { class: 'quiet-text', role: 'status' },
      'The answer goes on until you stop it.'), pre);
    fill(pre, text.slice(-STREAM_SHOWN_MAX));
    pre.scrollTop = pre.scrollHeight;
  };
}

function control(schema, { required }) {
  if (schema.enum) return select([...(required ? [] : [['', '']]),
    ...schema.enum.map((one) => [String(one), String(one)])], String(schema.default ?? ''), {});
  return h('input', { value: '', placeholder: schema.default === undefined ? '' : String(schema.default), required });
}

/** An example of a body: the one that is given, or one made from the schema. */
function example(known, media) {
  if (media.example !== undefined) return media.example;
  const first = Object.values(media.examples ?? {})[0];
  if (first) return known.resolve(first).value;
  return sample(known, media.schema, 0);
}

function sample(known, given, depth) {
  const schema = known.resolve(given) ?? {};
  if (schema.example !== undefined) return schema.example;
  if (schema.examples?.length) return schema.examples[0];
  const choice = schema.oneOf?.[0] ?? schema.anyOf?.[0];
  if (choice && depth < 4) return sample(known, choice, depth + 1);
  if (schema.properties && depth < 4) {
    return Object.fromEntries(Object.entries(schema.properties).filter(([name]) =>
      schema.required?.includes(name)).map(([name, one]) => [name, sample(known, one, depth + 1)]));
  }
  const type = [schema.type].flat()[0];
  return { string: '', integer: schema.minimum ?? 0, number: schema.minimum ?? 0, boolean: false, array: [],
    object: {} }[type] ?? {};
}

function answer({ status, headers, text, milliseconds }) {
  const kind = status < 300 ? 'ok' : status < 500 ? 'warn' : 'crit';
  return h('div', { class: 'stack tight' }, h('div', { class: 'row' }, badge(String(status), kind),
    h('span', { class: 'quiet-text' }, duration(milliseconds / 1000))),
    text && bodyViewer({ text, data: new TextEncoder().encode(text) }, 'answer.json'),
      h('details', { class: 'how' }, h('summary', null, 'Headers'),
      h('pre', null, headers.map(([name, value]) => `${name}: ${value}`).join('\n'))));
}
