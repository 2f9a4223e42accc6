import type { Applier } from './applying-filters.ts';
import { applyingFilters } from './applying-filters.ts';
import { bind } from './arguments.ts';
import { TemplateFault, typeError, valueError } from './fault.ts';
import { dumps } from './json.ts';
import { ownAttribute } from './members.ts';
import type { Numeric } from './numbers.ts';
import {
  arithmetic,
  compareNumbers,
  isWhole,
  readFloat,
  readInteger,
  roundDouble,
  toDouble,
  toIndex,
  whole,
} from './numbers.ts';
import type { FilterFunction } from './sequence-filters.ts';
import { sequenceFilters } from './sequence-filters.ts';
import { characters, escapeHtml, splitLines, strip, textOf } from './text.ts';
import { formatPercent } from './text-format.ts';
import { capitalize, justify, replace } from './text-methods.ts';
import type { Value } from './values.ts';
import {
  Dict,
  DictView,
  Float,
  isIterable,
  isNumber,
  iterate,
  lengthOf,
  Markup,
  Tuple,
  truth,
  typeName,
  Undefined,
} from './values.ts';

const none: string[] = [];

/** Filters of Jinja that take one value, with the names of their parameters. */
const scalarFilters: Record<string, [FilterFunction, string[]]> = {
  abs: [absolute, none],
  attr: [(value, [name]) => attr(value, textOf(name!)), ['name']],
  capitalize: [(value) => capitalize(textOf(value)), none],
  center: [(value, [width = 80]) => justify(textOf(value), [width], 'center'), ['width?']],
  default: [orDefault, ['default_value?', 'boolean?']],
  d: [orDefault, ['default_value?', 'boolean?']],
  e: [markSafe, none],
  escape: [markSafe, none],
  float: [(value, [otherwise = new Float(0)]) => asFloat(value) ?? otherwise, ['default?']],
  indent: [indent, ['width?', 'first?', 'blank?']],
  int: [
    (value, [otherwise = 0, base = 10]) => asInteger(value, toIndex(base)) ?? otherwise,
    ['default?', 'base?'],
  ],
  lower: [(value) => textOf(value).toLowerCase(), none],
  replace: [
    (value, [old, by, count = null]) =>
      replace(textOf(value), textOf(old!), textOf(by!), count === null ? -1 : toIndex(count)),
    ['old', 'new', 'count?'],
  ],
  round: [round, ['precision?', 'method?']],
  safe: [(value) => (value instanceof Markup ? value : new Markup(textOf(value))), none],
  string: [(value) => (value instanceof Markup ? value : textOf(value)), none],
  title: [title, none],
  tojson: [toJson, ['ensure_ascii?', 'indent?', 'separators?', 'sort_keys?']],
  trim: [
    (value, [set = null]) => strip(textOf(value), set === null ? null : textOf(set), 'both'),
    ['chars?'],
  ],
  truncate: [truncate, ['length?', 'killwords?', 'end?', 'leeway?']],
  upper: [(value) => textOf(value).toUpperCase(), none],
  urlencode: [urlEncode, none],
  wordcount: [(value) => textOf(value).match(/[\p{L}\p{N}\p{M}_]+/gu)?.length ?? 0, none],
};

const filters = { ...scalarFilters, ...sequenceFilters };

export function isFilter(name: string): boolean {
  return name === 'format' || Object.hasOwn(filters, name) || Object.hasOwn(applyingFilters, name);
}

// What these make of a text marked as safe is safe too; the second take the mark itself.
const keepSafe = new Set([
  'capitalize',
  'center',
  'indent',
  'lower',
  'reverse',
  'trim',
  'truncate',
  'upper',
]);
const takeSafe = new Set(['d', 'default', 'e', 'escape', 'safe', 'string']);

/** `value|name(…)`. @throws TemplateFault where Python raises, or the filter is not known here */
export function applyFilter(
  name: string,
  value: Value,
  args: Value[],
  keywords: Map<string, Value>,
  applier: Applier,
): Value {
  if (value instanceof Markup && !takeSafe.has(name)) {
    const made = applyFilter(name, value.text, args, keywords, applier);
    return keepSafe.has(name) && typeof made === 'string' ? new Markup(made) : made;
  }
  if (name === 'format') return format(value, args, keywords);
  const applying = Object.hasOwn(applyingFilters, name) ? applyingFilters[name] : undefined;
  if (applying) return applying(value, args, keywords, applier);
  const [filter, parameters] = filters[name]!;
  return filter(value, bind(`do_${name}`, parameters, args, keywords));
}

function absolute(value: Value): Value {
  if (value instanceof Undefined) throw value.fault();
  if (!isNumber(value)) throw typeError(`bad operand type for abs(): '${typeName(value)}'`);
  if (value instanceof Float) return new Float(Math.abs(value.value));
  return compareNumbers(value, 0) < 0 ? arithmetic('-', 0, value) : whole(BigInt(value));
}

function attr(value: Value, name: string): Value {
  if (value instanceof Undefined) throw value.fault();
  const own = ownAttribute(value, name);
  if (own !== undefined) return own;
  return new Undefined(`'${typeName(value)} object' has no attribute '${name}'`);
}

function orDefault(value: Value, [otherwise = '', boolean = false]: (Value | undefined)[]): Value {
  return value instanceof Undefined || (truth(boolean) && !truth(value)) ? otherwise : value;
}

function markSafe(value: Value): Value {
  return value instanceof Markup ? value : new Markup(escapeHtml(textOf(value)));
}

function asFloat(value: Value): Value | undefined {
  if (value instanceof Undefined) throw value.fault();
  if (isNumber(value)) return new Float(toDouble(value));
  const read = typeof value === 'string' ? readFloat(value) : undefined;
  return read === undefined ? undefined : new Float(read);
}

function asInteger(value: Value, base: number): Value | undefined {
  if (value instanceof Undefined) throw value.fault();
  if (typeof value === 'string') {
    const read = readInteger(value, base);
    if (read !== undefined) return read;
  }
  if (isWhole(value)) return whole(BigInt(value));
  const double =
    value instanceof Float ? value.value : typeof value === 'string' ? readFloat(value) : undefined;
  if (double === undefined || Number.isNaN(double)) return undefined;
  if (Number.isFinite(double)) return whole(BigInt(Math.trunc(double)));
  // int(float('inf')) raises OverflowError, which only the second attempt of Jinja's filter catches.
  if (typeof value === 'string') return undefined;
  throw new TemplateFault('OverflowError', 'cannot convert float infinity to integer');
}

function format(value: Value, args: Value[], keywords: Map<string, Value>): Value {
  if (args.length && keywords.size) {
    throw typeError("can't handle positional and keyword arguments at the same time");
  }
  return formatPercent(textOf(value), keywords.size ? new Dict(keywords) : new Tuple(args));
}

function indent(
  value: Value,
  [width = 4, first = false, blank = false]: (Value | undefined)[],
): Value {
  const margin =
    typeof width === 'string' ? width : ' '.repeat(Math.max(0, Math.min(1e4, toIndex(width))));
  if (value instanceof Undefined) throw value.fault();
  if (typeof value !== 'string') throw typeError(`'${typeName(value)}' object cannot be indented`);
  const [start = '', ...rest] = splitLines(`${value}\n`);
  const lines = rest.map((line) => (line || truth(blank) ? margin + line : line));
  return (truth(first) ? margin : '') + [start, ...lines].join('\n');
}

function round(value: Value, [precision = 0, method = 'common']: (Value | undefined)[]): Value {
  const places = toIndex(precision);
  if (method !== 'common' && method !== 'ceil' && method !== 'floor') {
    throw new TemplateFault('FilterArgumentError', 'method must be common, ceil or floor');
  }
  if (value instanceof Undefined) throw value.fault();
  if (!isNumber(value)) throw typeError(`type ${typeName(value)} doesn't define __round__ method`);
  if (method === 'common') {
    if (value instanceof Float) return new Float(roundDouble(value.value, places));
    if (places >= 0) return whole(BigInt(value));
    const rounded = roundDouble(Number(value), places);
    return whole(BigInt(rounded));
  }
  const unit: Numeric = places >= 0 ? 10 ** places : new Float(10 ** places);
  const scaled = toDouble(arithmetic('*', value, unit) as Numeric);
  return arithmetic('/', method === 'ceil' ? Math.ceil(scaled) : Math.floor(scaled), unit);
}

function title(value: Value): Value {
  return textOf(value)
    .split(/([-\s({[<]+)/)
    .map((part) => {
      const [first = '', ...rest] = part;
      return first.toUpperCase() + rest.join('').toLowerCase();
    })
    .join('');
}

function toJson(value: Value, args: (Value | undefined)[]): Value {
  const [ensureAscii = false, indent = null, separators = null, sortKeys = false] = args;
  const pair =
    separators === null ? undefined : separators instanceof Tuple ? separators.items : separators;
  if (
    pair !== undefined &&
    !(Array.isArray(pair) && pair.length === 2 && pair.every((x) => typeof x === 'string'))
  ) {
    throw typeError('separators must be two texts');
  }
  return dumps(value, {
    ensureAscii: truth(ensureAscii),
    indent:
      indent === null
        ? undefined
        : typeof indent === 'string'
          ? indent
          : ' '.repeat(Math.max(0, Math.min(1e3, toIndex(indent)))),
    separators: pair as [string, string] | undefined,
    sortKeys: truth(sortKeys),
  });
}

function truncate(value: Value, args: (Value | undefined)[]): Value {
  const [length = 255, killWords = false, end = '...', leeway = 5] = args;
  const [size, tail] = [toIndex(length), textOf(end)];
  if (lengthOf(value) <= size + toIndex(leeway === null ? 5 : leeway)) return value;
  if (typeof value !== 'string') throw typeError(`'${typeName(value)}' object cannot be truncated`);
  const kept = characters(value)
    .slice(0, Math.max(0, size - lengthOf(tail)))
    .join('');
  const space = truth(killWords) ? -1 : kept.lastIndexOf(' ');
  return (space < 0 ? kept : kept.slice(0, space)) + tail;
}

function urlEncode(value: Value): Value {
  const quote = (text: string, safe: RegExp) =>
    Array.from(new TextEncoder().encode(text), (byte) => {
      const character = String.fromCharCode(byte);
      const hex = byte.toString(16).toUpperCase().padStart(2, '0');
      return safe.test(character) ? character : `%${hex}`;
    }).join('');
  if (typeof value === 'string' || !isIterable(value)) return quote(textOf(value), /[\w.~/-]/);
  const part = (item: Value) => quote(textOf(item), /[\w.~-]/).replaceAll('%20', '+');
  const pairs = value instanceof Dict ? new DictView(value, 'items') : value;
  return Array.from(iterate(pairs), (pair) => {
    const fields = Array.from(iterate(pair));
    if (fields.length !== 2) throw valueError(`${fields.length} values to unpack (expected 2)`);
    return fields.map(part).join('=');
  }).join('&');
}
