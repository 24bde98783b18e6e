// The frame: pages by address, keys, the theme, and whether the server is there.
import { call, session } from './api.js';
import { badge, fill, h } from './dom.js';
import { toast } from './copy.js';
import { linkState, onLinkState, open, refreshNow } from './live.js';
import { openDialog } from './dialog.js';
import channels from './pages/channels.js';
import clients from './pages/clients.js';
import explorer from './pages/explorer.js';
import keys from './pages/keys.js';
import { askForToken } from './pages/login.js';
import node from './pages/node.js';
import overview from './pages/overview.js';
import queue from './pages/queue.js';
import queues from './pages/queues.js';
import tail from './pages/tail.js';

const pages = { '': overview, queues, tail, channels, keys, clients, node, api: explorer };
const places = [['', 'Overview', 'o'], ['queues', 'Queues', 'q'], ['tail', 'Live tail', 't'],
  ['channels', 'Channels', 'c'], ['keys', 'Keys', 'k'], ['clients', 'Clients', 'l'], ['node', 'Log and disk', 'd'],
  ['api', 'API', 'a']];

const main = document.getElementById('main');
const top = document.querySelector('.top');
let leaving = new AbortController();

/** "#/queues/a%2Fb/send?x=1" → the page, its parts and its query. */
function read(hash) {
  const [path, query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const [page, ...parts] = path.split('/');
  return { page, params: parts.map(decode), query: Object.fromEntries(new URLSearchParams(query)) };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// The query changes without a new page, so that a copied address shows the same.
function setQuery(next) {
  const [path, query = ''] = location.hash.split(/\?(.*)/s);
  const all = { ...Object.fromEntries(new URLSearchParams(query)), ...next };
  const known = Object.entries(all).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const text = new URLSearchParams(known).toString();
  history.replaceState(null, '', (path || '#/') + (text ? `?${text}` : ''));
}

async function show() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  markSession();
  const { page, params, query } = read(location.hash);
  drawNav(page);
  top.classList.remove('open');
  document.getElementById('menu').setAttribute('aria-expanded', 'false');
  main.setAttribute('aria-busy', 'true');
  const render = page === 'queues' && params[0] ? queue : Object.hasOwn(pages, page) ? pages[page] : unknown;
  let result;
  try {
    result = await render({ params, query, signal, setQuery });
  } catch (error) {
    if (error.name === 'AbortError' || signal.aborted) return;
    result = failed(error);
  }
  if (signal.aborted) return;
  place(result);
  if (!result.failed) linkState(true);
}

function place({ title, subtitle, crumb, heading, element }) {
  const heading1 = h('h1', { tabindex: -1 }, title);
  const inTabs = main.querySelector('h1')?.textContent === heading1.textContent;
  const back = crumb && h('a', { class: 'crumb', href: crumb[1] }, '← ', crumb[0]);
  fill(main, readOnlyLine(), h('div', { class: 'head' }, back, heading1, heading), element);
  main.removeAttribute('aria-busy');
  document.title = [subtitle, heading1.textContent, 'Roost'].filter(Boolean).join(' · ');
  if (!inTabs) {
    scrollTo(0, 0);
    heading1.focus({ preventScroll: true });
  } else main.querySelector('.tabs [aria-current]')?.focus({ preventScroll: true });
}

// Seen only where that is so: style sheets know it by the attribute of the page.
const readOnlyLine = () => h('p', { class: 'notice info read-only-line', role: 'note' },
  h('strong', null, 'Read-only'), 'This server refuses every change; what would make one is not shown.');

const unknown = () => ({ title: 'Not found', element: h('p', null, 'There is no such page. ',
  h('a', { href: '#/' }, 'Overview')) });

function failed(error) {
  const wrong = error.code === undefined;
  if (wrong) console.error(error);
  const retry = h('button', { type: 'button', onclick: show }, 'Try again');
  return { failed: true, title: error.title || 'This did not work',
    element: h('div', { class: 'stack' }, h('div', { class: 'notice crit', role: 'alert' }, h('strong', null, '! '),
    error.message, retry), h('p', null, h('a', { href: '#/queues' }, 'Queues'))) };
}

function drawNav(page) {
  fill(document.getElementById('nav'), h('ul', null, places.map(([key, title, letter], index) =>
    h('li', { class: index === 2 || index === 6 ? 'gap' : '' },
    h('a', { href: `#/${key}`, 'aria-current': key === page ? 'page' : null }, title,
      h('kbd', { 'aria-hidden': 'true' }, `g ${letter}`))))));
}

// The theme: that of the system until somebody chooses.
const themes = { auto: 'light', light: 'dark', dark: 'auto' };
const themeNames = { auto: 'Theme: system', light: 'Theme: light', dark: 'Theme: dark' };

function stored(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function setTheme(theme) {
  if (theme === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  document.getElementById('theme').textContent = themeNames[theme];
  try {
    localStorage.setItem('roost-theme', theme);
  } catch { /* private windows of some browsers */ }
}

const currentTheme = () => document.documentElement.dataset.theme ?? 'auto';

// Keys work where nobody types.
let prefix = 0;

function typed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  if (event.target.closest('input, textarea, select')) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  const now = Date.now();
  const place = now - prefix < 1500 && places.find(([, , letter]) => letter === event.key);
  prefix = event.key === 'g' ? now : 0;
  const act = place ? () => { location.hash = `#/${place[0]}`; } : actions[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}

const actions = {
  '/': () => main.querySelector('[data-filter]')?.focus(),
  '?': help,
  r: refreshNow,
  j: () => step(1),
  k: () => step(-1),
  t: () => setTheme(themes[currentTheme()]),
  c: () => main.querySelector('button.main')?.focus(),
};

/** Moves along the rows of the page; the link or button of a row gets the focus, so that Enter opens it. */
function step(by) {
  const rows = [...main.querySelectorAll('[data-rows] > :not(.space)')].filter((row) => row.querySelector('a, button'));
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const row = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
  row?.querySelector('a, button')?.focus();
  row?.scrollIntoView({ block: 'nearest' });
}

function help() {
  const rows = [...places.map(([, title, letter]) => [`g ${letter}`, title]), ['/', 'Filter or search'],
    ['j k', 'Down and up a list'], ['Enter', 'Open'], ['c', 'To the main button'], ['r', 'Refresh now'],
    ['t', 'Change the theme'], ['Ctrl Enter', 'Send the form'], ['Esc', 'Close, or leave a field'], ['?', 'This list']];
  openDialog('Keys', h('dl', { class: 'keys-list' }, rows.map(([key, text]) =>
    [h('dt', null, key.split(' ').map((one) => [h('kbd', null, one), ' '])), h('dd', null, text)])));
}

onLinkState((isThere, message) => {
  if (isThere) markSession();
  fill(document.getElementById('link'), isThere && !message ? badge('● connected', 'ok')
    : badge(`! ${message}`, 'crit'));
});

// A server may refuse every change: what carries `data-writes` is then hidden. Who logged in can log out.
async function markSession() {
  const { read_only: isReadOnly, token_required: isAsked, authenticated: isIn } = await session();
  document.documentElement.toggleAttribute('data-read-only', isReadOnly === true);
  document.getElementById('logout').hidden = !(isAsked && isIn);
}

// What was looked at goes with the page.
async function logOut() {
  try {
    await call('DELETE', '/api/v1/session');
    location.reload();
  } catch (error) {
    toast(`Not logged out: ${error.message}`, 'crit');
  }
}

addEventListener('hashchange', show);
addEventListener('roost-login', askForToken);
addEventListener('keydown', typed);
document.getElementById('menu').addEventListener('click', (event) => {
  event.currentTarget.setAttribute('aria-expanded', String(top.classList.toggle('open')));
});
// An address with another hash is another page.
document.querySelector('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
document.getElementById('theme').addEventListener('click', () => setTheme(themes[currentTheme()]));
document.getElementById('logout').addEventListener('click', logOut);
document.getElementById('keys').addEventListener('click', help);
setTheme(Object.hasOwn(themes, stored('roost-theme') ?? '') ? stored('roost-theme') : 'auto');
open();
show();
