// The JSON API: requests, problems, and what this server can do.

/** An answer that is no success, with the problem document of the server. */
export class Problem extends Error {
  constructor(status, document) {
    super(document.detail || document.title || `The server answered ${status}.`);
    this.status = status;
    this.code = document.code ?? '';
    this.title = document.title ?? '';
  }
}

/** A path with its parts encoded: at`queues/${name}/messages`. */
export function at(texts, ...parts) {
  return '/api/v1/' + texts.map((text, index) => text + (index < parts.length ? encodeURIComponent(parts[index])
    : '')).join('');
}

export function withQuery(path, query) {
  const known = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null
    && value !== '');
  // A space as "+" is the way of forms only; as "%20" every server understands it.
  const text = new URLSearchParams(known).toString().replaceAll('+', '%20');
  return text ? `${path}?${text}` : path;
}

async function send(method, path, { query, body, signal, headers } = {}) {
  const options = { method, signal, headers: { Accept: 'application/json', ...headers }, credentials: 'same-origin' };
  if (body !== undefined) {
    options.body = typeof body === 'string' ? body : JSON.stringify(body);
    options.headers['Content-Type'] = 'application/json';
  }
  try {
    return await fetch(withQuery(path, query), options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, { code: 'unreachable', detail: 'The server does not answer. Is it running?' });
  }
}

async function documentOf(response) {
  const text = await response.text();
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    return { detail: text.slice(0, 300) };
  }
}

/** The answer as a value; throws a Problem. */
export async function call(method, path, options) {
  const response = await send(method, path, options);
  const result = await documentOf(response);
  if (response.ok) return result;
  if (response.status === 401) dispatchEvent(new Event('roost-login'));
  throw new Problem(response.status, result);
}

export const get = (path, options) => call('GET', path, options);
export const post = (path, body, options) => call('POST', path, { ...options, body });

// Of a stream that nobody stops.
const STREAM_KEPT_MAX = 100_000;

/** For the API explorer: the answer as it came. `told` gets what a stream has said so far, again and again. */
export async function raw(method, path, options, told) {
  const from = performance.now();
  const response = await send(method, path, options);
  const isStream = (response.headers.get('Content-Type') ?? '').startsWith('text/event-stream');
  const text = isStream ? await streamed(response.body, told) : await response.text();
  return { status: response.status, headers: [...response.headers], text, milliseconds: performance.now() - from };
}

/** What came until the stream ended, or somebody stopped it; the end of it, when it was long. */
async function streamed(body, told) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text;
      text = (text + value).slice(-STREAM_KEPT_MAX);
      told(text);
    }
  } catch (error) {
    if (error.name !== 'AbortError') throw error;
    return text;
  }
}

let askedSession;
/** What the server allows this browser: `{ token_required, authenticated, read_only }`; empty while it is not known. */
export function session() {
  askedSession ??= get('/api/v1/session').catch(() => {
    askedSession = undefined;
    return {};
  });
  return askedSession;
}

// What the server can do stands in its OpenAPI document; one without it has the routes that were there before it.
const earlier = ['get /queues', 'put /queues/{}', 'get /queues/{}', 'patch /queues/{}', 'delete /queues/{}',
  'get /queues/{}/messages', 'post /queues/{}/messages', 'post /queues/{}/receive', 'post /queues/{}/delete',
  'post /queues/{}/visibility', 'post /queues/{}/bury', 'post /queues/{}/kick', 'post /queues/{}/purge',
  'post /queues/{}/pause', 'post /queues/{}/resume', 'get /queues/{}/moves', 'post /queues/{}/moves',
  'post /queues/{}/move', 'get /queues/{}/dead-letter-sources', 'post /moves/{}/cancel', 'get /stats'];

const plain = (path) => path.replace(/^\/api\/v1(?=\/)/, '').replace(/\{[^}]*\}/g, '{}');

export class Features {
  constructor(document) {
    this.document = document;
    this.operations = new Map(earlier.map((name) => [name, {}]));
    for (const [path, item] of Object.entries(document?.paths ?? {})) {
      for (const [method, operation] of Object.entries(item)) {
        const shared = item.parameters ?? [];
        this.operations.set(`${method} ${plain(path)}`,
          { ...operation, parameters: [...shared, ...(operation.parameters ?? [])] });
      }
    }
  }

  has(operation) { return this.operations.has(operation); }

  takes(operation, parameter) {
    return (this.operations.get(operation)?.parameters ?? []).some((one) => this.resolve(one).name === parameter);
  }

  /** The values that a parameter accepts, when the document lists them. */
  choices(operation, parameter) {
    const known = (this.operations.get(operation)?.parameters ?? []).map((one) => this.resolve(one));
    return this.resolve(known.find((one) => one.name === parameter)?.schema)?.enum;
  }

  /** Whether the JSON body of an operation has a field. */
  takesField(operation, name) {
    const content = this.resolve(this.operations.get(operation)?.requestBody)?.content ?? {};
    const schema = this.resolve(content['application/json']?.schema);
    const parts = [schema, ...(schema?.oneOf ?? []), ...(schema?.anyOf ?? []), ...(schema?.allOf ?? [])];
    return parts.some((part) => this.resolve(part)?.properties?.[name] !== undefined);
  }

  /** Follows `$ref` inside the document. */
  resolve(value) {
    if (typeof value?.$ref !== 'string') return value;
    return value.$ref.replace(/^#\//, '').split('/')
      .reduce((part, name) => part?.[name.replaceAll('~1', '/').replaceAll('~0', '~')], this.document) ?? {};
  }
}

let asked;
/** Asks once for each page load; a server that was away is asked again. */
export function features() {
  asked ??= get('/openapi.json').then((document) => new Features(document), (problem) => {
    if (problem.status !== 404) asked = undefined;
    return new Features(null);
  });
  return asked;
}
let askedNode;
/** The doors and settings of the node, asked for once; null when it does not say. */
export function nodeFacts() {
  askedNode ??= get('/api/v1/node').catch(() => {
    askedNode = undefined;
    return null;
  });
  return askedNode;
}
/** After a login all of it may be otherwise. */
export const forgetServer = () => {
  asked = undefined;
  askedNode = undefined;
  askedSession = undefined;
};
