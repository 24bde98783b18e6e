// Line charts and sparklines as SVG, with a cross hair and the numbers below.
import { fill, h, s } from './dom.js';
import { rate, utc } from './text.js';

const HEIGHT = 150;
const TOP = 8;
const BOTTOM = 20;

/** The next round number above a value: 1, 2 or 5 times a power of ten. */
export function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value);
}

const clock = (ms) => new Date(ms).toISOString().slice(11, 19);

/**
 * `series`: `[{ name, values }]`, values as `[ms, number]`, a missing number is a gap. `show` writes a value.
 */
export function chart({ label, show = rate }) {
  const picture = h('div', { class: 'chart' });
  const legend = h('div', { class: 'legend' });
  let series = [];
  let cursor = null;

  const range = () => {
    const times = series.flatMap(({ values }) => (values.length ? [values[0][0], values.at(-1)[0]] : []));
    return [Math.min(...times), Math.max(...times)];
  };

  function draw() {
    const width = picture.clientWidth || 600;
    const [from, to] = range();
    if (!(to > from)) return fill(picture, h('p', { class: 'quiet-text' }, 'Waiting for the second sample.'));
    const top = roundUp(Math.max(...series.flatMap(({ values }) => values.map(([, value]) => value ?? 0))));
    const x = (ms) => ((ms - from) / (to - from)) * width;
    const y = (value) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
    const svg = s('svg', { height: HEIGHT, role: 'img', 'aria-label': `${label}: ${described()}` },
      grid(width, top, y), axis(width, from, to),
      series.map(({ values }, index) => lane(values, index, x, y)), scale(top, y, show), cross(x));
    fill(picture, svg);
    svg.addEventListener('pointermove', (event) => {
      cursor = from + (event.offsetX / width) * (to - from);
      draw();
    });
    svg.addEventListener('pointerleave', () => { cursor = null; draw(); });
    write();
    return undefined;
  }

  const near = (values) => {
    if (cursor === null) return values.at(-1);
    return values.reduce((best, one) => (Math.abs(one[0] - cursor) < Math.abs(best[0] - cursor) ? one : best),
      values[0]);
  };
  const cross = (x) => {
    const at = cursor !== null && series[0]?.values.length ? near(series[0].values)[0] : null;
    return at !== null && s('line', { class: 'cross', x1: x(at), x2: x(at), y1: TOP, y2: HEIGHT - BOTTOM });
  };
  const described = () => series.map(({ name, values }) => `${name} ${show(values.at(-1)?.[1])}`).join(', ');

  function write() {
    fill(legend, series.map(({ name, values }, index) =>
      h('span', null, swatch(index), `${name} ${show(near(values)?.[1])}`)),
      cursor !== null && series[0]?.values.length && h('span', null, utc(near(series[0].values)[0])));
  }

  new ResizeObserver(() => { if (series.length) draw(); }).observe(picture);
  return { element: h('figure', null, picture, legend), set: (next) => { series = next; draw(); } };
}

const dashed = (index) => (index % 2 === 1 ? 'dash' : '');
const swatch = (index) => s('svg', { viewBox: '0 0 18 8', 'aria-hidden': 'true' },
  s('line', { class: `c-${index} ${dashed(index)}`, x1: 0, x2: 18, y1: 4, y2: 4, 'stroke-width': 2.5 }));

function grid(width, top, y) {
  return [0, 0.5, 1].map((part) =>
    s('line', { class: 'grid', x1: 0, x2: width, y1: y(part * top), y2: y(part * top) }));
}

function scale(top, y, show) {
  return [top / 2, top].filter((value) => isShown(value, show)).map((value) =>
    s('text', { x: 2, y: y(value) + 12 }, show(value)));
}

// Half of five messages is no count.
const isShown = (value, show) => Number.isInteger(value) || show(value).includes('.');

function axis(width, from, to) {
  return [s('text', { x: 0, y: HEIGHT - 5 }, clock(from)),
    s('text', { x: width, y: HEIGHT - 5, 'text-anchor': 'end' }, `${clock(to)} UTC`)];
}

function path(values, x, y) {
  let pen = 'M';
  let text = '';
  for (const [ms, value] of values) {
    if (Number.isFinite(value)) {
      text += `${pen}${x(ms).toFixed(1)} ${y(value).toFixed(1)}`;
      pen = 'L';
    } else pen = 'M';
  }
  return text;
}

function lane(values, index, x, y) {
  return s('path', { class: `lane c-${index} ${dashed(index)}`, d: path(values, x, y) });
}

/** A small picture of the last values. */
export function spark(values) {
  if (values.length < 2) return h('span', { class: 'zero' }, '–');
  const top = Math.max(...values, 1e-9);
  const points = values.map((value, index) => [index, value]);
  const d = path(points, (index) => (index / (values.length - 1)) * 82 + 1, (value) => 18 - (value / top) * 16);
  return s('svg', { class: 'spark', viewBox: '0 0 84 20', 'aria-hidden': 'true' }, s('path', { d }));
}
