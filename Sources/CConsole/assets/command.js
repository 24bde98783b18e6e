// Every action as a line for a shell: `curl` for the API, `roost` where the command line has it.
import { h } from './dom.js';
import { nodeFacts, withQuery } from './api.js';
import { copyButton } from './copy.js';

/** One word for a POSIX shell, whatever is in it. */
export const quote = (text) => (/^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text
  : `'${String(text).replaceAll("'", "'\\''")}'`);

/** `options.header`: more headers. */
export function curl(method, path, body, query) {
  const parts = ['curl'];
  if (method !== 'GET' && !(method === 'POST' && body !== undefined)) parts.push('-X', method);
  parts.push(quote(location.origin + withQuery(path, query)));
  if (body !== undefined) parts.push('-d', quote(typeof body === 'string' ? body : JSON.stringify(body)));
  return parts.join(' ');
}

/** Words of a `roost` command, also in lists; what is empty is left out. After `--` no word is an option. */
export function roost(...words) {
  const known = words.flat(Infinity).filter((word) => ![null, undefined, false, ''].includes(word)).map(String);
  const url = location.origin === 'http://127.0.0.1:9325' ? [] : ['--url', location.origin];
  const end = known.includes('--') ? known.indexOf('--') : known.length;
  return ['roost', ...known.slice(0, end), ...url, ...known.slice(end)].map(quote).join(' ');
}

/** Texts of somebody as words: one that looks like an option stands behind `--`. */
export const texts = (...words) => (words.some((word) => word.startsWith('-')) ? ['--', ...words] : words);

let toRedis = ['redis-cli', '-p', '6380'];
/** Afterwards `redisCli` knows where the Redis port really is. */
export async function learnRedisPort() {
  const facts = await nodeFacts();
  if (!facts?.doors) return;
  const [, port] = /:(\d+)$/.exec(facts.doors.redis ?? '') ?? [];
  const isHere = ['127.0.0.1', 'localhost', '[::1]'].includes(location.hostname);
  const { 'tls-doors': tls = '', 'redis-password': password = 'none' } = facts.settings ?? {};
  toRedis = port && ['redis-cli', !isHere && ['-h', location.hostname.replace(/^\[|\]$/g, '')], '-p', port,
    tls.split(/, */).includes('redis') && '--tls', password !== 'none' && '--askpass'].flat().filter(Boolean);
}

/** A `redis-cli` command; nothing when the server has no Redis port. */
export const redisCli = (...words) => toRedis && [...toRedis, ...words].map((word) => quote(String(word))).join(' ');

/** One line with its kind and a button to copy it. */
export function commandLine(kind, text) {
  return h('div', { class: 'command' }, h('span', { class: 'kind' }, kind), h('pre', null, text),
    copyButton(text, `Copy ${kind} command`));
}

/** Lines that are made anew when they are opened or `refresh` is called, since forms change. */
export function commands(make, label = 'As a command') {
  const list = h('div', { class: 'commands' });
  let shown;
  // Lines that say the same stay, and with them what is selected.
  const refresh = () => {
    if (!details.open) return;
    const lines = Object.entries(make()).filter(([, text]) => text);
    if (shown !== (shown = JSON.stringify(lines))) list.replaceChildren(...lines.map((line) => commandLine(...line)));
  };
  const details = h('details', { class: 'how', ontoggle: refresh }, h('summary', null, label), list);
  details.refresh = refresh;
  return details;
}

export const commandList = (lines) => h('div', { class: 'commands' },
  Object.entries(lines).filter(([, text]) => text).map(([kind, text]) => commandLine(kind, text)));
