// Channels of the Redis port with their subscribers, and publishing.
import { at, features, get, post } from '../api.js';
import { commandList, commands, curl, learnRedisPort, redisCli, roost, texts } from '../command.js';
import { run } from '../dialog.js';
import { field, fill, h, renew } from '../dom.js';
import { fresh } from '../live.js';
import { number } from '../queueparts.js';
import { plural } from '../text.js';
import { missing } from './missing.js';

export default async function channels({ signal }) {
  const known = await features();
  if (!known.has('get /channels')) return missing('Channels', 'The channels of this server',
    { 'redis-cli': redisCli('pubsub', 'channels') });
  await learnRedisPort();
  const list = h('section', { class: 'card flush' });
  const bindings = h('div');
  await fresh(async () => {
    const reply = await get('/api/v1/channels', { signal });
    renew(list, h('h2', null, 'Channels'), table(reply.channels ?? reply));
    if (known.has('get /bindings')) renew(bindings, bindingTable((await get('/api/v1/bindings',
      { signal })).bindings ?? []));
  }, signal);
  return { title: 'Channels', element: h('div', { class: 'columns' }, h('div', { class: 'stack' }, list, bindings),
    publishForm()) };
}

function table(list) {
  if (list.length === 0) return h('div', { class: 'empty' }, h('h3', null, 'Nobody subscribes to a channel'),
    commandList({ 'redis-cli': redisCli('subscribe', 'news') }));
  return h('table', { 'aria-label': 'Channels' }, h('thead', null,
    h('tr', null, h('th', { scope: 'col' }, 'Channel'), h('th', { scope: 'col', class: 'number' }, 'Subscribers'),
    h('th', null, h('span', { class: 'sr' }, 'Actions')))),
    h('tbody', { 'data-rows': '' }, list.map((one) => {
      const name = one.channel ?? one.name ?? one.pattern ?? '';
      return h('tr', null, h('td', null, one.pattern ? ['pattern ', h('code', null, name)] : name),
        h('td', { class: 'number' }, number(one.subscribers ?? 0)),
        h('td', { class: 'number' }, h('a', { class: 'button small',
        href: `#/tail/channel/${encodeURIComponent(name)}` }, 'Follow')));
    })));
}

function bindingTable(list) {
  if (list.length === 0) return null;
  return h('section', { class: 'card flush' }, h('h2', null, 'Bindings: channels whose messages go to queues'),
    h('table', { 'aria-label': 'Bindings' }, h('tbody', null,
    list.map((one) => h('tr', null, h('td', null, one.pattern ?? one.channel),
      h('td', null, '→ ', h('a', { href: `#/queues/${encodeURIComponent(one.queue)}` }, one.queue)))))));
}

function publishForm() {
  const channel = h('input', { required: true, value: 'news' });
  const message = h('textarea', { rows: 5, spellcheck: 'false' });
  const result = h('p', { role: 'status' });
  const button = h('button', { type: 'submit', class: 'main' }, 'Publish');
  // The command line reads stdin for - and for nothing.
  const how = commands(() => ({ roost: !['', '-'].includes(message.value) && channel.value
    && roost('publish', texts(channel.value, message.value)),
  curl: curl('POST', at`channels/${channel.value}/publish`, { message: message.value }),
  'redis-cli': redisCli('publish', channel.value, message.value) }));
  const submit = () => run(button, async () => {
    const { receivers } = await post(at`channels/${channel.value}/publish`, { message: message.value });
    fill(result, `Reached ${plural(receivers, 'receiver')}.`);
  });
  return h('form', { class: 'card', 'data-writes': '', oninput: () => how.refresh(),
    onsubmit: (event) => { event.preventDefault(); submit(); } },
    h('div', { class: 'stack' }, h('h2', null, 'Publish'), field('Channel', channel), field('Message', message), result,
    h('div', null, button), how));
}
