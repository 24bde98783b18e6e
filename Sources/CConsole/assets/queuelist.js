// The queues of the server, page for page, with the rates that two looks at their totals give.
import { get } from './api.js';

const PAGE = 100;
// Up to so many are held at once where the server cannot sort.
export const WHOLE_MAX = 1000;
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

const value = {
  name: (queue) => queue.name,
  ready: (queue) => queue.counts.ready,
  in_flight: (queue) => queue.counts.in_flight,
  delayed: (queue) => queue.counts.delayed,
  buried: (queue) => queue.counts.buried,
  oldest: (queue) => queue.oldest_message_age_seconds ?? -1,
  waiters: (queue) => queue.waiters,
  in: (queue) => sample(queue).at(-1)?.in ?? 0,
  out: (queue) => sample(queue).at(-1)?.out ?? 0,
};

/** A source for `longTable`. */
export class QueueList {
  constructor(features, changed) {
    this.changed = changed;
    this.sorts = features.takes('get /queues', 'sort') && features.takes('get /queues', 'offset');
    this.contains = features.takes('get /queues', 'contains');
    this.by = 'name';
    this.order = 'asc';
    this.filter = '';
    this.all = 0;
    this.reset();
  }

  reset() {
    this.pages = new Map();
    this.asking = new Set();
    this.found = null;
    this.complete = false;
    this.generation = (this.generation ?? 0) + 1;
  }

  get length() {
    if (this.sorts) return this.found ?? 0;
    return this.visibleRows().length;
  }

  rows(from, until) {
    if (!this.sorts) return this.visibleRows().slice(from, until);
    return Array.from({ length: until - from }, (_, index) =>
      this.pages.get(Math.floor((from + index) / PAGE))?.[(from + index) % PAGE]);
  }

  /** Whether sorting by anything but the name is possible now. */
  get canSort() { return this.sorts || this.complete; }

  visibleRows() {
    const rows = [...this.pages.values()].flat().filter((queue) => queue.name.includes(this.filter));
    if (!this.complete || (this.by === 'name' && this.order === 'asc')) return rows;
    const of = value[this.by];
    const sign = this.order === 'desc' ? -1 : 1;
    return rows.sort((left, right) => (of(left) < of(right) ? -sign : of(left) > of(right) ? sign
      : left.name < right.name ? -1 : 1));
  }

  want(from, until) {
    if (!this.sorts) {
      if (!this.complete && until >= this.length - 20) this.nextPage().catch(() => {});
      return;
    }
    for (let page = Math.floor(from / PAGE); page * PAGE < until; page += 1) {
      if (!this.pages.has(page)) this.load(page).catch(() => {});
    }
  }

  /** Asks again for what is in sight. */
  async refresh(from, until, signal) {
    if (this.sorts) {
      const last = Math.floor(Math.max(from, until - 1) / PAGE);
      const pages = [];
      for (let page = Math.floor(from / PAGE); page <= last; page += 1) pages.push(this.load(page, signal));
      return Promise.all(pages);
    }
    return this.reload(signal);
  }

  async load(page, signal) {
    if (this.asking.has(page)) return;
    this.asking.add(page);
    const generation = this.generation;
    const query = { sort: this.by, order: this.order, contains: this.filter, offset: page * PAGE, limit: PAGE };
    try {
      const reply = await get('/api/v1/queues', { query, signal });
      if (generation !== this.generation) return;
      this.pages.set(page, reply.queues);
      const seen = page * PAGE + reply.queues.length;
      this.found = reply.total ?? (reply.more ? Math.max(this.found ?? 0, seen + 1, this.filter ? 0 : this.all) : seen);
      this.changed();
    } finally {
      this.asking.delete(page);
    }
  }

  // Without sorting on the server: pages in the order of names, as far as somebody looked.
  async reload(signal) {
    const generation = this.generation;
    const wanted = Math.max(1, this.pages.size);
    const pages = new Map();
    let after;
    let complete = false;
    for (let page = 0; page < wanted && !complete; page += 1) {
      const reply = await get('/api/v1/queues', { query: { after, limit: WHOLE_MAX }, signal });
      if (generation !== this.generation) return;
      pages.set(page, reply.queues);
      after = reply.next_after;
      complete = !reply.more;
    }
    this.pages = pages;
    this.after = after;
    this.complete = complete;
    this.changed();
  }

  async nextPage() {
    if (this.asking.has('next') || this.after === undefined) return;
    this.asking.add('next');
    try {
      const reply = await get('/api/v1/queues', { query: { after: this.after, limit: WHOLE_MAX } });
      this.pages.set(this.pages.size, reply.queues);
      this.after = reply.next_after;
      this.complete = !reply.more;
      this.changed();
    } finally {
      this.asking.delete('next');
    }
  }
}

/** Names for a list of suggestions; the first thousand. */
export async function queueNames() {
  const reply = await get('/api/v1/queues', { query: { limit: WHOLE_MAX } });
  return reply.queues.map((queue) => queue.name);
}
