// Reads JSON without losing anything: numbers stay the text that they were, names may stand twice, order is kept.

const space = /[\t\n\r ]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const word = /true|false|null/y;
const DEPTH_MAX = 200;

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found?.[0];
  }

  take(character) {
    this.match(space);
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  value(depth) {
    if (depth > DEPTH_MAX) throw new SyntaxError('nested too deeply');
    if (this.take('{')) return { kind: 'object', members: this.list('}', () => this.member(depth)) };
    if (this.take('[')) return { kind: 'array', items: this.list(']', () => this.value(depth + 1)) };
    const text = this.match(string);
    if (text !== undefined) return { kind: 'string', text: JSON.parse(text) };
    const literal = this.match(word);
    if (literal) return { kind: 'literal', text: literal };
    const digits = this.match(number);
    if (digits) return { kind: 'number', text: digits };
    throw new SyntaxError(`no JSON at ${this.at}`);
  }

  member(depth) {
    this.match(space);
    const name = this.match(string);
    if (name === undefined || !this.take(':')) throw new SyntaxError(`no member at ${this.at}`);
    return { name: JSON.parse(name), value: this.value(depth + 1) };
  }

  list(end, read) {
    const found = [];
    if (this.take(end)) return found;
    do found.push(read()); while (this.take(','));
    if (!this.take(end)) throw new SyntaxError(`no ${end} at ${this.at}`);
    return found;
  }
}

/** The text as a tree, or undefined when it is no JSON. */
export function parse(text) {
  const reader = new Reader(text);
  try {
    const tree = reader.value(0);
    reader.match(space);
    return reader.at === text.length ? tree : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The tree with indentation; numbers as they were. */
export function format(tree, indent = '') {
  const inner = `${indent}  `;
  if (tree.kind === 'object') {
    if (tree.members.length === 0) return '{}';
    const lines = tree.members.map(({ name, value }) => `${inner}${JSON.stringify(name)}: ${format(value, inner)}`);
    return `{\n${lines.join(',\n')}\n${indent}}`;
  }
  if (tree.kind === 'array') {
    if (tree.items.length === 0) return '[]';
    return `[\n${tree.items.map((item) => inner + format(item, inner)).join(',\n')}\n${indent}]`;
  }
  return tree.kind === 'string' ? JSON.stringify(tree.text) : tree.text;
}
