import { TemplateFault, typeError } from './fault.ts';
import { space } from './lexer.ts';
import { floatText } from './numbers.ts';
import type { Value } from './values.ts';
import {
  Callable,
  Dict,
  DictView,
  Float,
  Markup,
  Namespace,
  Range,
  Tuple,
  typeName,
  Undefined,
} from './values.ts';

/** Python's `str(value)`: what `{{ value }}` writes. */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof Markup) return value.text;
  if (value instanceof Undefined) return '';
  return represent(value);
}

const depthLimit = 200;

/** Python's `repr(value)`. */
export function represent(value: Value, depth = 0): string {
  if (depth > depthLimit) throw new TemplateFault('RecursionError', 'a value is nested too deep');
  const all = (items: Iterable<Value>): string =>
    Array.from(items, (item) => represent(item, depth + 1)).join(', ');
  if (value === null) return 'None';
  switch (typeof value) {
    case 'boolean':
      return value ? 'True' : 'False';
    case 'number':
    case 'bigint':
      return String(value);
    case 'string':
      return quoted(value);
  }
  if (Array.isArray(value)) return `[${all(value)}]`;
  if (value instanceof Float) return floatText(value.value);
  if (value instanceof Tuple) {
    return value.items.length === 1 ? `(${all(value.items)},)` : `(${all(value.items)})`;
  }
  if (value instanceof Dict) return `{${pairs(value.entries(), depth)}}`;
  if (value instanceof DictView) return `dict_${value.kind}([${all(value.items())}])`;
  if (value instanceof Range) {
    const { start, stop, step } = value;
    return step === 1 ? `range(${start}, ${stop})` : `range(${start}, ${stop}, ${step})`;
  }
  if (value instanceof Namespace) {
    return `<Namespace {${pairs(value.fields, depth)}}>`;
  }
  if (value instanceof Markup) return `Markup(${quoted(value.text)})`;
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof Callable && value.text !== undefined) return value.text;
  // Python would write the object's address in memory.
  throw typeError(`a ${typeName(value)} has no text of its own`);
}

function pairs(entries: Iterable<readonly [Value, Value]>, depth: number): string {
  return Array.from(
    entries,
    ([key, value]) => `${represent(key, depth + 1)}: ${represent(value, depth + 1)}`,
  ).join(', ');
}

const named: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(/[\\\p{C}\p{Z}'"]/gu, (character) => {
    if (character === ' ') return character;
    if (character === "'" || character === '"') {
      return character === quote ? `\\${character}` : character;
    }
    if (named[character]) return named[character];
    const code = character.codePointAt(0)!.toString(16);
    if (code.length <= 2) return `\\x${code.padStart(2, '0')}`;
    return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\U${code.padStart(8, '0')}`;
  });
  return quote + body + quote;
}

/** Characters of a text as Python counts them. */
export function characters(text: string): string[] {
  return /[\ud800-\udfff]/.test(text) ? Array.from(text) : text.split('');
}

/** Less, equal or greater by code points, where JavaScript compares UTF-16 units. */
export function compareTexts(left: string, right: string): number {
  if (left === right) return 0;
  const [a, b] = [characters(left), characters(right)];
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    if (a[i] !== b[i]) return a[i]!.codePointAt(0)! - b[i]!.codePointAt(0)!;
  }
  return a.length - b.length;
}

const oneSpace = new RegExp(`^${space}$`);

export function isSpace(character: string): boolean {
  return oneSpace.test(character);
}

/** `str.strip` and its one-sided forms; `set` are the characters to take off, default white space. */
export function strip(text: string, set: string | null, sides: 'both' | 'left' | 'right'): string {
  const wanted = new Set(set === null ? [] : characters(set));
  const drop = set === null ? isSpace : (character: string) => wanted.has(character);
  const all = characters(text);
  let [start, end] = [0, all.length];
  if (sides !== 'right') while (start < end && drop(all[start]!)) start++;
  if (sides !== 'left') while (end > start && drop(all[end - 1]!)) end--;
  return all.slice(start, end).join('');
}

const lineEnds = '\\r\\n|[\\n-\\r\\x1c-\\x1e\\x85\\u2028\\u2029]';
const lineEnd = new RegExp(lineEnds, 'g');

export function splitLines(text: string, keepEnds = false): string[] {
  const lines: string[] = [];
  let start = 0;
  for (const found of text.matchAll(lineEnd)) {
    const end = found.index + found[0].length;
    lines.push(text.slice(start, keepEnds ? end : found.index));
    start = end;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

const escapes: Record<string, string> = {
  '&': '&amp;',
  '>': '&gt;',
  '<': '&lt;',
  "'": '&#39;',
  '"': '&#34;',
};

/** HTML's special characters as entities, as `|escape` writes them. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>'"]/g, (character) => escapes[character]!);
}
