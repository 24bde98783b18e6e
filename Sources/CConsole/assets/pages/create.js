// The form for a new queue.
import { at, call } from '../api.js';
import { curl, roost } from '../command.js';
import { openForm } from '../dialog.js';
import { check, field, h, select } from '../dom.js';
import { queueLink } from '../queueparts.js';
import { seconds } from '../text.js';

const kinds = [['standard', 'Standard: as fast as it goes'], ['fifo', 'FIFO: groups stay in order'],
  ['work', 'Work queue: dead letters after five receives']];

/** Opens the form, makes the queue, and goes to its page. */
export async function createQueue(suggestion = '') {
  const name = h('input', { value: suggestion, maxlength: 80, required: true, autocomplete: 'off', spellcheck: 'false',
    pattern: '[A-Za-z0-9_\\-]{1,75}(\\.fifo)?|[A-Za-z0-9_\\-]{1,80}' });
  const kind = select(kinds, 'standard');
  const visibility = h('input', { value: '30s' });
  const retention = h('input', { value: '4d' });
  const bytes = h('input', { type: 'checkbox' });
  const full = () => (kind.value === 'fifo' && !name.value.endsWith('.fifo') ? `${name.value}.fifo` : name.value);
  const settings = () => ({
    visibility_timeout_seconds: seconds(visibility.value),
    retention_seconds: retention.value === 'unlimited' ? 'unlimited' : seconds(retention.value),
    ...(bytes.checked && { contents: 'bytes' }),
    ...(kind.value === 'work' && { dead_letters: { queue: `${name.value}-dead`, max_receives: 5 } }),
  });
  const valid = () => name.value !== '' && name.checkValidity() && !Number.isNaN(settings().visibility_timeout_seconds)
    && (retention.value === 'unlimited' || !Number.isNaN(settings().retention_seconds));
  const act = async () => {
    if (kind.value === 'work') await call('PUT', at`queues/${`${name.value}-dead`}`);
    await call('PUT', at`queues/${full()}`, { body: settings() });
    location.hash = queueLink(full(), 'send');
  };
  const content = [
    field('Name', name, 'Letters, digits, - and _; up to 80. The name of a FIFO queue ends in .fifo.'),
    field('Kind', kind),
    h('div', { class: 'fields' }, field('Visibility timeout', visibility,
      'A message that is not deleted in this time comes back.'),
      field('Retention', retention, 'For example 4d, 12h, or unlimited.')),
    check('Bodies may be any bytes, not only text', bytes),
  ];
  return openForm({ title: 'New queue', content, action: 'Make queue', act, ready: valid,
    lines: () => ({ roost: rooster(full(), kind.value, visibility.value, retention.value, bytes.checked),
      curl: curl('PUT', at`queues/${full()}`, settings()) }) });
}

function rooster(name, kind, visibility, retention, bytes) {
  const dead = kind === 'work' && ['--dead-letters', `${name}-dead`, '--max-receives', '5'];
  const command = roost('queue', 'create', name, '--visibility', visibility, '--retention', retention,
    bytes && ['--contents', 'bytes'], dead);
  return kind === 'work' ? `${roost('queue', 'create', `${name}-dead`)} && ${command}` : command;
}
