// Asks for the admin token when the server wants one.
import { call, forgetServer } from '../api.js';
import { field, fill, h } from '../dom.js';

let dialog = null;

/** Opens the login, once; after it the page is made again. */
export function askForToken() {
  if (dialog) return;
  const token = h('input', { type: 'password', autocomplete: 'current-password', required: true });
  const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  const login = async () => {
    try {
      await call('POST', '/api/v1/session', { body: { token: token.value } });
      forgetServer();
      dialog.close();
      dispatchEvent(new Event('hashchange'));
    } catch (error) {
      fill(problem, error.status === 401 ? 'This is not the token.' : error.message).hidden = false;
    }
  };
  dialog = h('dialog', { 'aria-labelledby': 'login-title', onclose: () => { dialog.remove(); dialog = null; } },
    h('form', { onsubmit: (event) => { event.preventDefault(); login(); } },
    h('h2', { id: 'login-title' }, 'Log in'), h('p', null,
      'This server wants its admin token. It is kept in a cookie of this browser that pages cannot read.'),
      field('Admin token', token), problem,
    h('div', { class: 'actions' }, h('button', { type: 'submit', class: 'main' }, 'Log in'))));
  document.body.append(dialog);
  dialog.showModal();
}
