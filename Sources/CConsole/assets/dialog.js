// Dialogs: a form that does something, and the question before something is destroyed.
import { fill, h, field } from './dom.js';
import { commands } from './command.js';
import { toast } from './copy.js';

/**
 * Opens a form. `act` does the work and may throw; its problem is then shown, and the dialog stays open.
 * Resolves to what `act` gave, or undefined when it was left.
 */
export function openForm({ title, content, action, danger, act, lines, ready = () => true }) {
  return new Promise((resolve) => {
    const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
    const button = h('button', { type: 'submit', class: danger ? 'main danger' : 'main' }, action);
    const how = lines && commands(lines);
    const update = () => { button.disabled = !ready(); how?.refresh(); };
    const form = h('form', { oninput: update, onchange: update }, h('h2', { id: 'dialog-title' }, title), content,
      problem, how,
      h('div', { class: 'actions' }, h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel'), button));
    const dialog = h('dialog', { 'aria-labelledby': 'dialog-title',
      onclose: () => { dialog.remove(); resolve(undefined); } }, form);
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      if (button.disabled) return;
      button.disabled = true;
      try {
        const result = await act();
        resolve(result ?? true);
        dialog.close();
      } catch (error) {
        fill(problem, error.message).hidden = false;
        update();
      }
    });
    document.body.append(dialog);
    update();
    dialog.showModal();
  });
}

/** Asks before something is destroyed; with `name`, it has to be typed. */
export function confirm({ title, text, name, action, act, lines }) {
  const input = h('input', { autocomplete: 'off', spellcheck: 'false', 'data-confirm': '' });
  const content = [h('p', null, text), name !== undefined
    && field(h('span', null, 'Type ', h('strong', null, name), ' to go on'), input)];
  return openForm({ title, content, action, danger: true, act, lines,
    ready: () => name === undefined || input.value === name });
}

/** Shows something; Escape or the button closes it. */
export function openDialog(title, ...content) {
  const dialog = h('dialog', { class: 'broad', 'aria-labelledby': 'dialog-title', onclose: () => dialog.remove() },
    h('div', { class: 'inside' }, h('div', { class: 'row spread' }, h('h2', { id: 'dialog-title' }, title),
      h('button', { type: 'button', class: 'small', onclick: () => dialog.close() }, 'Close')), content));
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Runs an action of a button: it waits, says what was done, and shows what went wrong. */
export async function run(button, act, done) {
  button.disabled = true;
  try {
    const result = await act();
    if (done) toast(typeof done === 'function' ? done(result) : done);
    return result;
  } catch (error) {
    toast(error.message, 'crit');
    return undefined;
  } finally {
    button.disabled = false;
  }
}
