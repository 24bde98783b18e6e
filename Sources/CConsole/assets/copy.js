// Copying, and the line at the edge that says what happened.
import { h } from './dom.js';

/** Says something for some seconds; errors stay longer, and so does what can be undone by `undo`. */
export function toast(text, kind, undo) {
  const box = document.getElementById('toasts');
  const remove = () => item.remove();
  const back = async () => {
    remove();
    try {
      await undo();
    } catch (error) {
      toast(`Not undone: ${error.message}`, 'crit');
    }
  };
  const item = h('div', { class: `toast ${kind ?? ''}` }, h('span', null, text),
    undo && h('button', { type: 'button', class: 'undo', onclick: back }, 'Undo'),
    h('button', { type: 'button', 'aria-label': 'Dismiss', onclick: remove }, '×'));
  box.append(item);
  while (box.children.length > 4) box.firstChild.remove();
  setTimeout(remove, kind === 'crit' || undo ? 12_000 : 5_000);
}

// Browsers give the clipboard to https and localhost only; elsewhere the selection does it.
async function copy(text) {
  if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
  const area = h('textarea', { class: 'sr', 'aria-hidden': 'true' });
  (document.querySelector('dialog[open]') ?? document.body).append(area);
  area.value = text;
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  if (!done) throw new Error('The browser does not allow copying.');
}

/** `text`: a string or what makes one. */
export function copyButton(text, label = 'Copy') {
  const button = h('button', { type: 'button', class: 'small', 'aria-label': label }, 'Copy');
  button.addEventListener('click', async () => {
    try {
      await copy(typeof text === 'function' ? text() : text);
      button.textContent = 'Copied';
    } catch (error) {
      toast(`Not copied: ${error.message}`, 'crit');
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  });
  return button;
}
