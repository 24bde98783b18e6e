// The queues of the server, page for page, with the rates that two looks at their totals give.
import { get } from './api.js';

// Two of them fill a screen.
const PAGE = 40;
const NAMES_MAX = 1000;
const SAMPLES_MAX = 40;

const samples = new Map();

/** Notes totals and time of a queue; gives rates a second, or undefined at the first look. */
export function sample(queue, now = Date.now()) {
  const key = `${queue.name} ${queue.created_at_ms}`;
  const known = samples.get(key) ?? { rates: [] };
  samples.delete(key);
  samples.set(key, known);
  while (samples.size > 2000) samples.delete(samples.keys().next().value);
  const seconds = (now - known.at) / 1000;
  if (!(seconds < 0.9)) {
    if (known.totals && seconds < 120) push(known.rates, rates(known.totals, queue.totals, seconds, now));
    known.totals = queue.totals;
    known.at = now;
  }
  return known.rates;
}

function push(list, one) {
  list.push(one);
  if (list.length > SAMPLES_MAX) list.shift();
}

function rates(from, to, seconds, now) {
  const rate = (name) => Math.max(0, (to[name] - from[name]) / seconds);
  return { at: now, in: rate('sent') + rate('moved_in'), out: rate('deleted') + rate('moved_out') + rate('expired'),
    received: rate('received') };
}

/** A source for `longTable`: pages of a list that the server sorts. */
export class QueueList {
  constructor(changed) {
    this.changed = changed;
    this.by = 'name';
    this.order = 'asc';
    this.filter = '';
    this.all = 0;
    this.generation = 0;
    this.reset();
  }

  reset() {
    this.pages = new Map();
    this.asking = new Set();
    this.length = 0;
    this.generation += 1;
  }

  rows(from, until) {
    return Array.from({ length: until - from }, (_, index) =>
      this.pages.get(Math.floor((from + index) / PAGE))?.[(from + index) % PAGE]);
  }

  want(from, until) {
    for (let page = Math.floor(from / PAGE); page * PAGE < until; page += 1) {
      if (!this.pages.has(page)) this.load(page).catch(() => {});
    }
  }

  /** Asks again for what is in sight. */
  refresh(from, until, signal) {
    const last = Math.floor(Math.max(from, until - 1) / PAGE);
    const pages = [];
    for (let page = Math.floor(from / PAGE); page <= last; page += 1) pages.push(this.load(page, signal));
    return Promise.all(pages);
  }

  async load(page, signal) {
    if (this.asking.has(page)) return;
    this.asking.add(page);
    const generation = this.generation;
    const query = { sort: this.by, order: this.order, contains: this.filter, offset: page * PAGE, limit: PAGE };
    try {
      const reply = await sorted(query, signal);
      if (generation !== this.generation) return;
      this.pages.set(page, reply.queues);
      this.length = reply.total;
      this.changed();
    } finally {
      this.asking.delete(page);
    }
  }
}

/** Queues with the time at which their ages were right. */
export async function sorted(query, signal) {
  const reply = await get('/api/v1/queues', { query, signal });
  const asked_ms = Date.now();
  return { ...reply, queues: reply.queues.map((queue) => ({ ...queue, asked_ms })) };
}

/** Names for a list of suggestions; the first thousand. */
export async function queueNames() {
  const reply = await get('/api/v1/queues', { query: { limit: NAMES_MAX } });
  return reply.queues.map((queue) => queue.name);
}
