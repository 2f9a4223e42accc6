import { bind } from './arguments.ts';
import { typeError, valueError } from './fault.ts';
import { toIndex } from './numbers.ts';
import { characters, isSpace, splitLines, strip, textOf } from './text.ts';
import { formatBraces } from './text-format.ts';
import type { Value } from './values.ts';
import { Callable, iterate, lengthOf, Tuple, truth, typeName } from './values.ts';

type Method = (text: string, args: (Value | undefined)[]) => Value;

/** A method of a text, or undefined where Python's `str` has none of this name. */
export function textMethod(text: string, name: string): Callable | undefined {
  if (name === 'format') {
    return new Callable(name, (args, keywords) => formatBraces(text, args, keywords));
  }
  const found = Object.hasOwn(methods, name) ? methods[name]! : undefined;
  if (!found) return undefined;
  const [method, parameters] = found;
  return new Callable(name, (args, keywords) =>
    method(text, bind(name, parameters, args, keywords)),
  );
}

const none: string[] = [];
const search = ['text', 'start?', 'end?'];
const padding = ['width', 'fill?'];

const methods: Record<string, [Method, string[]]> = {
  capitalize: [capitalize, none],
  casefold: [(text) => text.replaceAll('ß', 'ss').toLowerCase(), none],
  center: [(text, args) => justify(text, args, 'center'), padding],
  count: [(text, args) => count(span(text, args).text, needle(args[0])), search],
  endswith: [(text, args) => affix(text, args, 'endsWith'), search],
  expandtabs: [
    (text, [size]) => expandTabs(text, size === undefined ? 8 : toIndex(size)),
    ['tabsize?'],
  ],
  find: [(text, args) => find(text, args, 'indexOf'), search],
  index: [(text, args) => found(find(text, args, 'indexOf')), search],
  isalnum: [(text) => /^[\p{L}\p{N}]+$/u.test(text), none],
  isalpha: [(text) => /^\p{L}+$/u.test(text), none],
  isascii: [(text) => /^[\0-\x7f]*$/.test(text), none],
  isdecimal: [(text) => /^\p{Nd}+$/u.test(text), none],
  isdigit: [(text) => /^(?:\p{Nd}|[²³¹⁰⁴-⁹₀-₉①-⑨⑴-⑼⒈-⒐⓪⓵-⓽⓿❶-❾➀-➈➊-➒])+$/u.test(text), none],
  isidentifier: [(text) => /^[\p{ID_Start}_]\p{ID_Continue}*$/u.test(text), none],
  islower: [(text) => /\p{Ll}/u.test(text) && !/[\p{Lu}\p{Lt}]/u.test(text), none],
  isnumeric: [(text) => /^\p{N}+$/u.test(text), none],
  isprintable: [(text) => !/[\p{C}\p{Z}]/u.test(text.replaceAll(' ', '')), none],
  isspace: [(text) => text !== '' && characters(text).every(isSpace), none],
  istitle: [(text) => /\p{L}/u.test(text) && text === title(text), none],
  isupper: [(text) => /\p{Lu}/u.test(text) && !/[\p{Ll}\p{Lt}]/u.test(text), none],
  join: [(text, [items]) => join(text, items!), ['items']],
  ljust: [(text, args) => justify(text, args, 'left'), padding],
  lower: [(text) => text.toLowerCase(), none],
  lstrip: [(text, [set]) => strip(text, charactersOf(set), 'left'), ['chars?']],
  partition: [(text, [separator]) => partition(text, needle(separator), 'indexOf'), ['separator']],
  removeprefix: [
    (text, [prefix]) =>
      text.startsWith(needle(prefix)) ? text.slice(needle(prefix).length) : text,
    ['prefix'],
  ],
  removesuffix: [
    (text, [suffix]) =>
      needle(suffix) !== '' && text.endsWith(needle(suffix))
        ? text.slice(0, -needle(suffix).length)
        : text,
    ['suffix'],
  ],
  replace: [
    (text, [old, by, times]) =>
      replace(text, needle(old), needle(by), times === undefined ? -1 : toIndex(times)),
    ['old', 'new', 'count?'],
  ],
  rfind: [(text, args) => find(text, args, 'lastIndexOf'), search],
  rindex: [(text, args) => found(find(text, args, 'lastIndexOf')), search],
  rjust: [(text, args) => justify(text, args, 'right'), padding],
  rpartition: [
    (text, [separator]) => partition(text, needle(separator), 'lastIndexOf'),
    ['separator'],
  ],
  rsplit: [(text, args) => split(text, args, true), ['sep?', 'maxsplit?']],
  rstrip: [(text, [set]) => strip(text, charactersOf(set), 'right'), ['chars?']],
  split: [(text, args) => split(text, args, false), ['sep?', 'maxsplit?']],
  splitlines: [
    (text, [keep]) => splitLines(text, keep !== undefined && truth(keep)),
    ['keepends?'],
  ],
  startswith: [(text, args) => affix(text, args, 'startsWith'), search],
  strip: [(text, [set]) => strip(text, charactersOf(set), 'both'), ['chars?']],
  swapcase: [
    (text) =>
      text.replace(/\p{L}/gu, (c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase())),
    none,
  ],
  title: [title, none],
  upper: [(text) => text.toUpperCase(), none],
  zfill: [(text, [width]) => zeroFill(text, toIndex(width!)), ['width']],
};

function needle(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  throw typeError(`must be str, not ${typeName(value ?? null)}`);
}

function charactersOf(value: Value | undefined): string | null {
  return value === undefined || value === null ? null : needle(value);
}

export function capitalize(text: string): string {
  const [first = '', ...rest] = characters(text);
  return first.toUpperCase() + rest.join('').toLowerCase();
}

function title(text: string): string {
  return text.replace(/\p{L}[\p{L}\p{M}]*/gu, capitalize);
}

/** The part of a text between the optional bounds, and where it starts, in characters. */
function span(text: string, [, from, to]: (Value | undefined)[]): { text: string; start: number } {
  if (from === undefined && to === undefined) return { text, start: 0 };
  const all = characters(text);
  const at = (value: Value | undefined, otherwise: number): number => {
    if (value === undefined || value === null) return otherwise;
    const index = toIndex(value);
    return index < 0 ? Math.max(0, all.length + index) : index;
  };
  const start = at(from, 0);
  return { text: all.slice(start, at(to, all.length)).join(''), start };
}

function find(text: string, args: (Value | undefined)[], how: 'indexOf' | 'lastIndexOf'): number {
  const part = span(text, args);
  if (part.start > lengthOf(text)) return -1;
  const index = part.text[how](needle(args[0]));
  return index < 0 ? -1 : part.start + lengthOf(part.text.slice(0, index));
}

function found(index: number): number {
  if (index < 0) throw valueError('substring not found');
  return index;
}

function count(text: string, part: string): number {
  return part === '' ? lengthOf(text) + 1 : text.split(part).length - 1;
}

function affix(text: string, args: (Value | undefined)[], how: 'startsWith' | 'endsWith'): boolean {
  const [wanted] = args;
  const whole = span(text, args).text;
  if (wanted instanceof Tuple) return wanted.items.some((item) => whole[how](needle(item)));
  if (typeof wanted === 'string') return whole[how](wanted);
  const method = how.toLowerCase();
  throw typeError(
    `${method} first arg must be str or a tuple of str, not ${typeName(wanted ?? null)}`,
  );
}

export function justify(
  text: string,
  [width, fill = ' ']: (Value | undefined)[],
  where: 'left' | 'right' | 'center',
): string {
  const gap = Math.min(1e6, toIndex(width!) - lengthOf(text));
  const character = needle(fill);
  if (lengthOf(character) !== 1)
    throw typeError('The fill character must be exactly one character long');
  if (gap <= 0) return text;
  if (where === 'left') return text + character.repeat(gap);
  if (where === 'right') return character.repeat(gap) + text;
  // CPython puts the odd one to the left where the width is odd.
  const before = Math.floor(gap / 2) + (gap & toIndex(width!) & 1);
  return character.repeat(before) + text + character.repeat(gap - before);
}

function expandTabs(text: string, size: number): string {
  let column = 0;
  return characters(text)
    .map((character) => {
      if (character === '\n' || character === '\r') column = -1;
      const gap = size > 0 ? size - (column % size) : 0;
      column += character === '\t' ? gap : 1;
      return character === '\t' ? ' '.repeat(gap) : character;
    })
    .join('');
}

function join(separator: string, items: Value): string {
  return Array.from(iterate(items), (item, i) => {
    if (typeof item === 'string') return item;
    throw typeError(`sequence item ${i}: expected str instance, ${typeName(item)} found`);
  }).join(separator);
}

function partition(text: string, separator: string, how: 'indexOf' | 'lastIndexOf'): Tuple {
  if (separator === '') throw valueError('empty separator');
  const at = text[how](separator);
  if (at < 0) return new Tuple(how === 'indexOf' ? [text, '', ''] : ['', '', text]);
  return new Tuple([text.slice(0, at), separator, text.slice(at + separator.length)]);
}

/** `str.replace`; a negative count replaces all. */
export function replace(text: string, old: string, by: string, count: number): string {
  if (count < 0 && old !== '') return text.replaceAll(old, () => by);
  let left = count < 0 ? Number.POSITIVE_INFINITY : count;
  const parts = old === '' ? ['', ...characters(text), ''] : text.split(old);
  return parts.reduce((done, part, i) => done + (i === 0 ? '' : left-- > 0 ? by : old) + part, '');
}

function split(
  text: string,
  [separator, most]: (Value | undefined)[],
  fromRight: boolean,
): string[] {
  const limit = most === undefined ? -1 : toIndex(most);
  if (separator === undefined || separator === null) return splitSpaces(text, limit, fromRight);
  const by = needle(separator);
  if (by === '') throw valueError('empty separator');
  const parts = text.split(by);
  if (limit < 0 || parts.length <= limit + 1) return parts;
  const cut = parts.length - 1 - limit;
  return fromRight
    ? [parts.slice(0, cut + 1).join(by), ...parts.slice(cut + 1)]
    : [...parts.slice(0, limit), parts.slice(limit).join(by)];
}

function splitSpaces(text: string, limit: number, fromRight: boolean): string[] {
  const all = fromRight ? characters(text).reverse() : characters(text);
  const words: string[] = [];
  for (let at = 0; ; ) {
    while (at < all.length && isSpace(all[at]!)) at++;
    if (at === all.length) break;
    const start = at;
    // What is left when the limit is reached stays as it is.
    if (limit >= 0 && words.length >= limit) at = all.length;
    else while (at < all.length && !isSpace(all[at]!)) at++;
    const word = all.slice(start, at);
    words.push((fromRight ? word.reverse() : word).join(''));
  }
  return fromRight ? words.reverse() : words;
}

function zeroFill(text: string, width: number): string {
  const gap = Math.min(1e6, width - lengthOf(text));
  if (gap <= 0) return text;
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  return sign + '0'.repeat(gap) + text.slice(sign.length);
}

/** `separator.join` of the texts of the items, as the filter `join` does it. */
export function joinTexts(separator: Value, items: Iterable<Value>): string {
  return Array.from(items, textOf).join(textOf(separator));
}
