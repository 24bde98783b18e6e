// What several pages show of a queue.
import { ageSince, badge, h } from './dom.js';
import { count } from './text.js';

export const STATES = [['ready', 'Ready'], ['in_flight', 'In flight'], ['delayed', 'Delayed'], ['buried', 'Buried'],
  ['damaged', 'Damaged']];

export const stateName = (state) => (STATES.find(([key]) => key === state) ?? [state, state])[1];

export const mark = (state) => h('i', { class: `mark ${state}`, 'aria-hidden': 'true' });

/** The proportions of the states as a strip; the numbers stand beside it wherever it is used. */
export function strip(counts) {
  const parts = STATES.filter(([key]) => counts[key] > 0);
  const text = parts.map(([key, name]) => `${name} ${count(counts[key])}`).join(', ') || 'Empty';
  return h('div', { class: 'strip', role: 'img', 'aria-label': text, title: text },
    parts.map(([key]) => h('i', { class: key, style: { 'flex-grow': String(counts[key]) } })));
}

export const number = (value) => h('span', { class: value === 0 ? 'zero' : '' }, count(value));

export const queueLink = (name, tab = '') => `#/queues/${encodeURIComponent(name)}${tab ? `/${tab}` : ''}`;

/** What is special about a queue, in words. */
export function badges(queue) {
  return [
    queue.pause && badge(['❚❚', h('span', { class: 'word' }, ' paused')], 'warn',
      queue.pause.reason || 'No reason was given'),
    queue.settings.fifo && badge('FIFO', '', 'Groups stay in order, and each message is stored once'),
    queue.settings.contents === 'bytes' && badge('bytes', '', 'Bodies may be any bytes'),
    queue.settings.safe_pop && badge('safe pop', '', 'What Redis clients pop is leased until their next command'),
  ];
}

/** The age of the oldest message of a queue; exact when it is pointed at. */
export function oldest({ oldest_message_age_seconds: seconds, asked_ms: asked = Date.now() }) {
  return seconds === null ? h('span', { class: 'zero' }, '–') : ageSince(asked - seconds * 1000);
}
