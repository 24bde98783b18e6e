// A page whose routes this server does not have.
import { commandList } from '../command.js';
import { h } from '../dom.js';

export function missing(title, what, lines) {
  return { title, element: h('section', { class: 'card empty' }, h('h2', null, 'Not with this server'),
    h('p', null, `${what} cannot be seen over its HTTP port. From a shell:`), commandList(lines)) };
}
