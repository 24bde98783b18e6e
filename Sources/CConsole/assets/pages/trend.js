// What happened in a queue since this tab looked at it.
import { chart } from '../chart.js';
import { h } from '../dom.js';
import { sample } from '../queuelist.js';
import { STATES } from '../queueparts.js';
import { count } from '../text.js';

const SAMPLES_MAX = 900;
const levels = new Map();

export default async function trend({ state, changed }) {
  const flow = chart({ label: 'Messages a second' });
  const depth = chart({ label: 'Messages', show: count });
  const key = `${state.name} ${state.queue.created_at_ms}`;
  const known = levels.get(key) ?? [];
  levels.set(key, known);
  const draw = (queue) => {
    known.push([Date.now(), queue.counts]);
    if (known.length > SAMPLES_MAX) known.shift();
    const rates = sample(queue);
    flow.set(['in', 'out'].map((name) => ({ name, values: rates.map((one) => [one.at, one[name]]) })));
    depth.set(STATES.slice(0, 4).map(([name, title]) => ({ name: title,
      values: known.map(([at, counts]) => [at, counts[name]]) })));
  };
  changed(draw);
  draw(state.queue);
  return h('div', { class: 'columns' }, h('section', { class: 'card' }, h('h2', null, 'Messages a second'),
    flow.element), h('section', { class: 'card' }, h('h2', null, 'Messages by state'), depth.element),
    h('p', { class: 'quiet-text' },
      'Drawn from what this tab has seen. For longer times, let Prometheus read /metrics.'));
}
