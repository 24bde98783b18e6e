// The node: its log, disk and memory, its doors and settings.
import { features, get } from '../api.js';
import { commands, curl, roost } from '../command.js';
import { h, pairs, renew, time } from '../dom.js';
import { fresh } from '../live.js';
import { bytes, count, duration } from '../text.js';

export default async function node({ signal }) {
  const known = await features();
  const parts = h('div', { class: 'columns' });
  const more = h('div', { class: 'stack' });
  await fresh(async () => {
    const stats = await get('/api/v1/stats', { signal });
    renew(parts, sections(stats));
    if (known.has('get /node')) renew(more, described(await get('/api/v1/node', { signal })));
  }, signal);
  return { title: 'Log and disk', element: h('div', { class: 'stack' }, parts, more,
    commands(() => ({ roost: roost('stats'), curl: curl('GET', '/api/v1/stats') }))) };
}

const card = (title, ...rows) => h('section', { class: 'card' }, h('h2', null, title), pairs(...rows));

function sections({ log, disk, memory, commits, connections, turn_seconds_max: turn, version, fsync, state, waiters }) {
  const bar = stack(disk);
  return [
    h('section', { class: 'card' }, h('h2', null, 'Disk'), bar,
      pairs(['Taken', bytes(disk.bytes)], ['Live', `${bytes(disk.live_bytes)} are records of messages that live`],
      ['Reserve', `${bytes(disk.reserve_bytes)} for deletes, receives and the next snapshot`],
      ['Full', disk.is_full ? 'yes: new messages are refused' : 'no'],
        ['Snapshots', `${count(disk.snapshots)}, the newest ${bytes(disk.snapshot_bytes)}`],
        ['Cleaned', `${count(disk.segments_removed)} segments removed, ${count(disk.messages_moved)} messages moved`],
        ['Bodies read back', `${count(disk.bodies_read)} in ${count(disk.reads)} reads`])),
    card('Log', ['Segments', count(log.segments)], ['Appended', `${bytes(log.bytes)} since the start`],
      ['Not synced', bytes(log.unsynced_bytes)], ['Sync', `fsync ${fsync}`], ['Commits', count(commits.count)],
      ['Sync time',
        commits.count > 0
        ? `${duration(commits.sync_seconds_total / commits.count)} on average, ${duration(commits.sync_seconds_max)} at most` : '–'], ['Longest turn', duration(turn)]),
    card('Memory', ['Messages and queues', bytes(memory.index_bytes)], ['Bodies', bytes(memory.body_cache_bytes)],
      ['Duplicates', bytes(memory.deduplication_bytes)], ['Keys', bytes(memory.keys_bytes)],
      ['Waiting receives', bytes(memory.waiters_bytes)], ['Connections', bytes(memory.connections_bytes)],
      ['Limit', memory.limit_bytes ? bytes(memory.limit_bytes) : 'none'],
        ['Full', memory.is_full ? 'yes: new messages are refused' : 'no']),
    card('Server', ['Version', version], ['State', state], ['Waiting receives', count(waiters)],
      ['Connections', Object.entries(connections).map(([door, number]) => `${door} ${count(number)}`).join(', ')]),
  ];
}

function stack(disk) {
  const parts = [['ready', 'live', disk.live_bytes], ['buried', 'reserve', disk.reserve_bytes],
    ['in_flight', 'rest', Math.max(0, disk.bytes - disk.live_bytes - disk.reserve_bytes)]];
  const text = parts.map(([, name, value]) => `${name} ${bytes(value)}`).join(', ');
  return h('div', { class: 'strip thick', role: 'img', 'aria-label': text, title: text },
    parts.filter(([, , value]) => value > 0).map(([key, , value]) =>
    h('i', { class: key, style: { 'flex-grow': String(value) } })));
}

/** What counters do not tell: where it listens, and its settings as they are in effect. */
function described({ started_at_ms: started, uptime_seconds: uptime, doors, settings }) {
  return h('div', { class: 'columns' },
    card('Doors', ['Started', time(started)], ['Up for', duration(uptime)], ...Object.entries(doors)),
    card('Settings', ...Object.entries(settings).map(([name, value]) => [name, h('code', null, value)])));
}
