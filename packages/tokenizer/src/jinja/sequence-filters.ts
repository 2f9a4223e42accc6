import { TemplateFault, typeError } from './fault.ts';
import { reversed, subscript } from './members.ts';
import { toIndex } from './numbers.ts';
import { binary, orderOf } from './operators.ts';
import { characters } from './text.ts';
import { joinTexts } from './text-methods.ts';
import type { Value } from './values.ts';
import {
  Dict,
  hashKey,
  iterate,
  Lazy,
  lengthOf,
  Tuple,
  truth,
  typeName,
  Undefined,
} from './values.ts';

type Args = (Value | undefined)[];

export type FilterFunction = (value: Value, args: Args) => Value;

const none: string[] = [];
const least = (value: Value, args: Args) => extreme(value, args, '<');
const most = (value: Value, args: Args) => extreme(value, args, '>');

/** Filters of Jinja that take a sequence, with the names of their parameters. */
export const sequenceFilters: Record<string, [FilterFunction, string[]]> = {
  batch: [batch, ['linecount', 'fill_with?']],
  count: [lengthOf, none],
  dictsort: [dictSort, ['case_sensitive?', 'by?', 'reverse?']],
  first: [first, none],
  groupby: [groupBy, ['attribute', 'default?', 'case_sensitive?']],
  items: [items, none],
  join: [join, ['d?', 'attribute?']],
  last: [last, none],
  length: [lengthOf, none],
  list: [(value) => Array.from(iterate(value)), none],
  max: [most, ['case_sensitive?', 'attribute?']],
  min: [least, ['case_sensitive?', 'attribute?']],
  reverse: [reverse, none],
  slice: [slices, ['slices', 'fill_with?']],
  sort: [sort, ['reverse?', 'case_sensitive?', 'attribute?']],
  sum: [sum, ['attribute?', 'start?']],
  unique: [unique, ['case_sensitive?', 'attribute?']],
};

/** A function that looks up `a.b.0` in a value. */
export function getter(attribute: Value, otherwise?: Value): (value: Value) => Value {
  const parts: Value[] =
    typeof attribute === 'string'
      ? attribute.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part))
      : attribute === null
        ? []
        : [attribute];
  return (value) =>
    parts.reduce((object: Value, part) => {
      const found = subscript(object, part);
      return found instanceof Undefined && otherwise !== undefined && otherwise !== null
        ? otherwise
        : found;
    }, value);
}

const ignoreCase = (value: Value): Value =>
  typeof value === 'string' ? value.toLowerCase() : value;

function keyOf(attribute: Value = null, caseSensitive: Value = false): (value: Value) => Value {
  const get = getter(attribute);
  return truth(caseSensitive) ? get : (value) => ignoreCase(get(value));
}

export function* lazily<T>(value: Value, each: (item: Value) => Iterable<T>): Generator<T> {
  for (const item of iterate(value)) yield* each(item);
}

function first(value: Value): Value {
  for (const item of iterate(value)) return item;
  return new Undefined('No first item, sequence was empty.');
}

function last(value: Value): Value {
  const [found] = reversed(value);
  return found === undefined ? new Undefined('No last item, sequence was empty.') : found;
}

function items(value: Value): Value {
  return new Lazy(pairsOf(value));
}

function* pairsOf(value: Value): Generator<Tuple> {
  if (value instanceof Undefined) return;
  if (!(value instanceof Dict)) throw typeError('Can only get item pairs from a mapping.');
  for (const entry of value.entries()) yield new Tuple([...entry]);
}

function join(value: Value, [separator = '', attribute]: Args): Value {
  const texts =
    attribute === undefined || attribute === null
      ? iterate(value)
      : Array.from(iterate(value), getter(attribute));
  return joinTexts(separator, texts);
}

function reverse(value: Value): Value {
  if (typeof value === 'string') return characters(value).reverse().join('');
  if (value instanceof Lazy) return Array.from(iterate(value)).reverse();
  if (value instanceof Undefined) return [];
  return new Lazy(reversed(value));
}

function sorted(
  values: Iterable<Value>,
  key: (value: Value) => Value,
  backwards: boolean,
): Value[] {
  const keyed = Array.from(values, (value) => ({ value, key: key(value) }));
  const sign = backwards ? -1 : 1;
  keyed.sort((a, b) => sign * orderOf('<', a.key, b.key));
  return keyed.map(({ value }) => value);
}

function sort(
  value: Value,
  [backwards = false, caseSensitive = false, attribute = null]: Args,
): Value {
  const attributes = typeof attribute === 'string' ? attribute.split(',') : [attribute];
  const keys = attributes.map((name) => keyOf(name, caseSensitive));
  const key = (item: Value) => (keys.length === 1 ? keys[0]!(item) : keys.map((get) => get(item)));
  return sorted(iterate(value), key, truth(backwards));
}

function dictSort(
  value: Value,
  [caseSensitive = false, by = 'key', backwards = false]: Args,
): Value {
  if (value instanceof Undefined) throw value.fault();
  if (!(value instanceof Dict))
    throw typeError(`'${typeName(value)}' object has no attribute 'items'`);
  if (by !== 'key' && by !== 'value') {
    throw new TemplateFault('FilterArgumentError', 'You can only sort by either "key" or "value"');
  }
  const place = by === 'key' ? 0 : 1;
  const pairs = Array.from(value.entries(), (entry) => new Tuple([...entry]));
  const key = (item: Value): Value => {
    const part = (item as Tuple).items[place]!;
    return truth(caseSensitive) ? part : ignoreCase(part);
  };
  return sorted(pairs, key, truth(backwards));
}

function groupBy(value: Value, [attribute, otherwise = null, caseSensitive = false]: Args): Value {
  const get = getter(attribute!, otherwise);
  const key = (item: Value) => (truth(caseSensitive) ? get(item) : ignoreCase(get(item)));
  const groups: { key: unknown; first: Value; members: Value[] }[] = [];
  for (const item of sorted(iterate(value), key, false)) {
    const hash = hashKey(key(item));
    const group = groups.at(-1);
    if (group && group.key === hash) group.members.push(item);
    else groups.push({ key: hash, first: get(item), members: [item] });
  }
  return groups.map(({ first, members }) => new Group(first, members));
}

class Group extends Tuple {
  constructor(grouper: Value, list: Value[]) {
    super([grouper, list]);
  }

  attribute(name: string): Value | undefined {
    return name === 'grouper' ? this.items[0] : name === 'list' ? this.items[1] : undefined;
  }
}

function extreme(
  value: Value,
  [caseSensitive = false, attribute = null]: Args,
  operator: '<' | '>',
): Value {
  const key = keyOf(attribute, caseSensitive);
  let best: { value: Value; key: Value } | undefined;
  for (const item of iterate(value)) {
    const next = { value: item, key: key(item) };
    const order = best ? orderOf(operator, next.key, best.key) : 0;
    if (!best || (operator === '<' ? order < 0 : order > 0)) best = next;
  }
  return best ? best.value : new Undefined('No aggregated item, sequence was empty.');
}

function sum(value: Value, [attribute = null, start = 0]: Args): Value {
  const get = getter(attribute);
  let total = start;
  for (const item of iterate(value)) total = binary('+', total, get(item));
  return total;
}

function unique(value: Value, [caseSensitive = false, attribute = null]: Args): Value {
  const key = keyOf(attribute, caseSensitive);
  const seen = new Set<unknown>();
  return new Lazy(
    lazily(value, (item) => {
      const hash = hashKey(key(item));
      if (seen.has(hash)) return [];
      seen.add(hash);
      return [item];
    }),
  );
}

function batch(value: Value, [size, fill = null]: Args): Value {
  const count = toIndex(size!);
  const groups: Value[][] = [];
  for (const item of iterate(value)) {
    if (!groups.length || groups.at(-1)!.length === count) groups.push([]);
    groups.at(-1)!.push(item);
  }
  const short = groups.at(-1);
  if (short && fill !== null) while (short.length < count) short.push(fill);
  return new Lazy(groups);
}

function slices(value: Value, [count, fill = null]: Args): Value {
  const all = Array.from(iterate(value));
  const columns = toIndex(count!);
  const each = Math.floor(all.length / columns);
  const longer = all.length % columns;
  let at = 0;
  const parts = Array.from({ length: columns }, (_, i) => {
    const part = all.slice(at, at + each + (i < longer ? 1 : 0));
    at += part.length;
    if (fill !== null && i >= longer && longer > 0) part.push(fill);
    return part;
  });
  return new Lazy(parts);
}
