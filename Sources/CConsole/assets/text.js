// Numbers, times and texts as people read them. Nothing here touches the page.

const group = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** 12345 → "12,345"; what is no number becomes a dash. */
export const count = (value) => (Number.isFinite(value) ? group.format(value) : '–');

/** A rate of messages a second. */
export const rate = (value) => {
  if (!Number.isFinite(value)) return '–';
  return (value < 10 ? short : group).format(value);
};

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
export function bytes(value) {
  if (!Number.isFinite(value)) return '–';
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? group.format(value) : short.format(value)} ${units[unit]}`;
}

const spans = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
/** 3725 → "1 h 2 min": two units say enough. */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds === 0) return '0 s';
  if (seconds < 0.001) return `${(seconds < 0.00001 ? short : group).format(seconds * 1_000_000)} µs`;
  if (seconds < 1) return `${(seconds < 0.01 ? short : group).format(seconds * 1000)} ms`;
  const first = spans.findIndex(([size]) => seconds >= size);
  const [size, name] = spans[first];
  const rest = spans[first + 1];
  const more = rest ? Math.floor((seconds % size) / rest[0]) : 0;
  return `${group.format(Math.floor(seconds / size))} ${name}${more > 0 ? ` ${more} ${rest[1]}` : ''}`;
}

/** An age in one unit, for narrow places; the exact one belongs into a title. */
export function age(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  const [size, name] = spans.find(([one]) => seconds >= one) ?? [1, 's'];
  return `${group.format(Math.floor(seconds / size))} ${name}`;
}

/** "12 s ago", "in 3 min"; below a second it is now. */
export function relative(ms, now = Date.now()) {
  const seconds = (ms - now) / 1000;
  if (Math.abs(seconds) < 1) return 'now';
  const span = duration(Math.floor(Math.abs(seconds)));
  return seconds < 0 ? `${span} ago` : `in ${span}`;
}

/** The exact time in UTC, to the millisecond. */
export function utc(ms) {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString().replace('T', ' ').replace('Z', ' UTC');
}

// What is invisible, turns the direction of a text, or is half a character: a name may pretend to be another one.
const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffd\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]|\p{Cs}/gu;

const escaped = (character) => {
  const code = character.codePointAt(0);
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
};

/** The text with everything hidden shown as an escape; for attributes and options. */
export const visible = (text) => String(text).replace(hidden, escaped);

/** Parts of a text: strings, and `{ escape, code }` where something hidden stands. */
export function visibleParts(text) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(hidden)) {
    if (match.index > from) parts.push(text.slice(from, match.index));
    parts.push({ escape: escaped(match[0]) });
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}

/** The beginning of a text on one line. */
export function preview(text, length = 160) {
  const line = text.slice(0, length * 2).replace(/[\t\n\r ]+/g, ' ');
  return line.length > length || text.length > length * 2 ? `${line.slice(0, length)}…` : line;
}

export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

/** "30", "250ms", "5m", "1h", "4d" → seconds; NaN when it is none. */
export function seconds(text) {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)?\s*$/.exec(text);
  const factor = { ms: 0.001, s: 1, m: 60, min: 60, h: 3600, d: 86400 };
  return match ? Math.round(Number(match[1]) * factor[match[2] ?? 's'] * 1000) / 1000 : NaN;
}

export function bytesFromBase64(text) {
  const raw = atob(text);
  const result = new Uint8Array(raw.length);
  for (let index = 0; index < raw.length; index += 1) result[index] = raw.charCodeAt(index);
  return result;
}

export function base64FromBytes(data) {
  let raw = '';
  for (let from = 0; from < data.length; from += 8192) {
    raw += String.fromCharCode(...data.subarray(from, from + 8192));
  }
  return btoa(raw);
}
