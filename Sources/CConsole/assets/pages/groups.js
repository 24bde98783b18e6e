// The message groups of a FIFO queue, and which of them wait for somebody.
import { at, get } from '../api.js';
import { commands, curl, roost } from '../command.js';
import { badge, h, renew } from '../dom.js';
import { fresh } from '../live.js';
import { number } from '../queueparts.js';

export default async function groups({ state, signal }) {
  const list = h('div', { class: 'card flush' });
  let after;
  let trail = [];
  const show = async () => {
    const reply = await get(at`queues/${state.name}/groups`, { query: { limit: 100, after }, signal });
    renew(list, reply.groups.length ? table(reply.groups)
      : h('div', { class: 'empty' }, h('h2', null, 'No group holds a message'),
      h('p', null, 'A group is there while it has messages.')),
      h('div', { class: 'row pager' }, trail.length > 0
        && button('Back', () => { after = trail.pop(); return show(); }),
        reply.next_after && button('Next', () => { trail = [...trail,
          after]; after = reply.next_after; return show(); })));
  };
  await fresh(show, signal);
  return h('div', { class: 'stack' }, h('p', { class: 'quiet-text' },
    'The messages of a group are delivered in order: while one of them is in flight or buried, the rest of its group waits.'),
    list, commands(() => ({ roost: roost('queue', 'groups', state.name),
    curl: curl('GET', at`queues/${state.name}/groups`) })));
}

const button = (text, onclick) => h('button', { type: 'button', class: 'small', onclick }, text);

function table(list) {
  return h('table', { 'aria-label': 'Groups' }, h('thead', null,
    h('tr', null, h('th', { scope: 'col' }, 'Group'), h('th', { scope: 'col', class: 'number' }, 'Ready'),
    h('th', { scope: 'col', class: 'number' }, 'In flight'), h('th', { scope: 'col' }, 'Lock'))),
    h('tbody', { 'data-rows': '' }, list.map((one) => h('tr', null, h('td', { class: 'mono' }, one.group),
      h('td', { class: 'number' }, number(one.ready ?? 0)), h('td', { class: 'number' }, number(one.in_flight ?? 0)),
      h('td', null, one.locked ? badge('■ locked', 'warn', 'A message is in flight: the rest waits')
        : badge('□ free', 'ok'))))));
}
