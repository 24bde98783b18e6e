// A long list: only the rows in sight exist, and only their pages are asked for.
import { fill, h } from './dom.js';

const ROW = 41;
const BEYOND = 12;

/**
 * `columns`: `[{ key, title, className, sort, cell(row) }]`. `source.rows(from, until)` gives what is known now (holes
 * are undefined) and `source.length` how long the list is; `source.want(from, until)` asks for what is missing.
 */
export function longTable({ label, columns, source, sorted, onsort, onopen }) {
  const head = h('tr');
  const body = h('tbody', { 'data-rows': '' });
  const table = h('table', { 'aria-label': label }, h('thead', null, head), body);
  const box = h('div', { class: 'rows fixed', tabindex: 0, role: 'region', 'aria-label': label }, table);
  const cells = new Map();

  function drawHead() {
    fill(head, columns.map((column) => heading(column, sorted(), onsort)));
  }

  const span = () => {
    const inSight = Math.ceil((box.clientHeight || 800) / ROW);
    // A list that became shorter may still be scrolled to where it ended before.
    const first = Math.max(0, Math.min(Math.floor(box.scrollTop / ROW), source.length - inSight) - BEYOND);
    return [first, Math.min(source.length, first + inSight + 2 * BEYOND)];
  };

  // Of one column: columns that a narrow screen hides would be there again with a span over all.
  const space = (rows) => h('tr', { class: 'space', 'aria-hidden': 'true' },
    h('td', { style: { height: `${rows * ROW}px` } }));

  // Rows that show the same keep their elements, so that focus and selection stay.
  function draw() {
    const [from, until] = span();
    const rows = source.rows(from, until);
    const kept = new Set();
    const elements = rows.map((row, index) => {
      const key = row ? row.name : `hole ${from + index}`;
      kept.add(key);
      return element(key, row, from + index);
    });
    for (const key of cells.keys()) if (!kept.has(key)) cells.delete(key);
    table.setAttribute('aria-rowcount', String(source.length));
    const next = [from > 0 && space(from), ...elements,
      until < source.length && space(source.length - until)].filter(Boolean);
    const now = [...body.children];
    if (next.length !== now.length || next.some((one, index) => one !== now[index])) place(next);
    source.want(from, until);
  }

  function place(next) {
    const focused = document.activeElement;
    body.replaceChildren(...next);
    if (focused && body.contains(focused)) focused.focus({ preventScroll: true });
  }

  function element(key, row, index) {
    const known = cells.get(key) ?? { row: {}, element: h('tr') };
    cells.set(key, known);
    if (known.row !== row) {
      const hadFocus = known.element.contains(document.activeElement);
      known.row = row;
      fill(known.element, columns.map((column) => h('td', { class: column.className },
        row ? column.cell(row) : column.key === 'name' && '…')));
      known.element.className = row ? 'open' : '';
      known.element.onclick = row && ((event) => { if (!event.target.closest('a, button, input')) onopen(row); });
      if (hadFocus) known.element.querySelector('a')?.focus({ preventScroll: true });
    }
    known.element.setAttribute('aria-rowindex', String(index + 1));
    return known.element;
  }

  box.addEventListener('scroll', () => requestAnimationFrame(draw), { passive: true });
  new ResizeObserver(() => draw()).observe(box);
  drawHead();
  return { element: box, draw, drawHead, span, top: () => { box.scrollTop = 0; } };
}

function heading({ key, title, className, sort }, { by, order }, onsort) {
  const direction = by === key ? { asc: 'ascending', desc: 'descending' }[order] : null;
  const content = sort ? h('button', { type: 'button', onclick: () => onsort(key) }, title,
    h('span', { class: 'arrow' })) : title;
  return h('th', { class: className, scope: 'col', 'aria-sort': direction }, content);
}
