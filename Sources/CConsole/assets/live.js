// Keeps pages fresh: one stream of events for this tab, a question each two seconds while there is none, and
// nothing while nobody looks.
import { withQuery } from './api.js';
import { tick } from './dom.js';

const POLL_MS = 2000;
// With a stream the question only heals what an event may have missed.
const HEAL_MS = 20_000;

const refreshers = new Set();
const followers = new Set();
let source = null;
let isOpen = false;

/**
 * Calls `refresh` now and then until `signal` ends, never twice at a time. Its errors are told to `linkState`.
 * `told` gets each event about the whole server, and says whether the page needs nothing more.
 */
export function fresh(refresh, signal, told) {
  const entry = { refresh, told, busy: false, again: false, isOld: false, last: 0 };
  refreshers.add(entry);
  signal.addEventListener('abort', () => refreshers.delete(entry));
  return attempt(entry);
}

/** Refreshes the page now. */
export const refreshNow = () => Promise.all([...refreshers].map(attempt));

async function attempt(entry) {
  if (entry.busy) {
    entry.again = true;
    return;
  }
  entry.busy = true;
  entry.isOld = false;
  entry.last = Date.now();
  try {
    await entry.refresh();
    linkState(true);
  } catch (error) {
    if (error.name !== 'AbortError') linkState(error.status !== 0 && error.status !== 503, error.message);
  }
  entry.busy = false;
  if (entry.again && refreshers.has(entry)) {
    entry.again = false;
    await attempt(entry);
  }
}

/** Told when the server is there again or gone. */
export let linkState = () => {};
export const onLinkState = (tell) => { linkState = tell; };

setInterval(() => {
  if (document.hidden) return;
  tick();
  renew(isOpen ? HEAL_MS : POLL_MS);
}, 1000);

/** Refreshes what was refreshed longer ago than `pause` milliseconds, and what is known to be old sooner. */
function renew(pause) {
  if (document.hidden) return;
  for (const entry of refreshers) {
    if (Date.now() - entry.last >= (entry.isOld ? POLL_MS : pause) - 50) attempt(entry);
  }
}

/** Whether an event tells that nothing happened to any queue. */
export const isQuiet = (stats) => stats.queues.length + stats.gone.length + stats.more_changed === 0;

function tellStats(stats) {
  for (const entry of refreshers) if (!entry.told?.(stats)) entry.isOld = true;
  renew(HEAL_MS);
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) close();
  else {
    refreshNow();
    open();
  }
});

/** Follows queues and channels: `told(kind, data)` for `message`, `published` and `gap`. Needs a server with events. */
export function follow(what, told, signal) {
  const entry = { ...what, told };
  followers.add(entry);
  signal.addEventListener('abort', () => { followers.delete(entry); open(); });
  open();
}

function close() {
  source?.close();
  source = null;
  isOpen = false;
}

/** Opens the stream anew with what is followed now. */
export function open() {
  close();
  if (document.hidden) return;
  const all = (name) => [...new Set([...followers].flatMap((entry) => entry[name] ?? []))].join(',');
  const own = new EventSource(withQuery('/api/v1/events',
    { stats: '1', queues: all('queues'), channels: all('channels') }));
  source = own;
  own.onopen = () => { isOpen = source === own; };
  own.onerror = () => {
    isOpen = false;
    // The browser connects again by itself, but not after an answer such as 503.
    if (own.readyState === EventSource.CLOSED) setTimeout(() => { if (source === own) open(); }, 5000);
  };
  own.addEventListener('stats', (event) => tellStats(JSON.parse(event.data)));
  for (const kind of ['message', 'published', 'gap']) {
    own.addEventListener(kind, (event) => {
      const data = JSON.parse(event.data);
      for (const entry of followers) entry.told(kind, data);
      // Numbers may be among what was missed.
      if (kind === 'gap') refreshNow();
    });
  }
}

/** Whether events come as they happen. */
export const isLive = () => isOpen;
