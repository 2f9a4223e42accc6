import { TemplateFault, typeError } from './fault.ts';
import type { Numeric } from './numbers.ts';
import { arithmetic, compareNumbers, isWhole, whole } from './numbers.ts';
import { compareTexts, escapeHtml, textOf } from './text.ts';
import { formatPercent } from './text-format.ts';
import type { Value } from './values.ts';
import {
  Dict,
  DictView,
  Float,
  hashKey,
  isNumber,
  iterate,
  Markup,
  Range,
  Tuple,
  typeName,
  Undefined,
} from './values.ts';

const copyLimit = 2 ** 23;

/** `left operator right` for `+ - * / // % **`. @throws TemplateFault where Python raises */
export function binary(operator: string, left: Value, right: Value): Value {
  if (left instanceof Undefined) throw left.fault();
  if (isNumber(left) && isNumber(right)) return arithmetic(operator, left, right);
  if (operator === '+') {
    const sum = added(left, right);
    if (sum !== undefined) return sum;
  }
  if (operator === '%' && typeof left === 'string') return formatPercent(left, right);
  if (operator === '*') {
    const repeated = isWhole(right) ? repeat(left, right) : isWhole(left) && repeat(right, left);
    if (repeated !== undefined && repeated !== false) return repeated;
  }
  if (right instanceof Undefined) throw right.fault();
  throw typeError(mismatch(operator, left, right));
}

function added(left: Value, right: Value): Value | undefined {
  if (typeof left === 'string' && typeof right === 'string') return left + right;
  if (Array.isArray(left) && Array.isArray(right)) return [...left, ...right];
  if (left instanceof Tuple && right instanceof Tuple) {
    return new Tuple([...left.items, ...right.items]);
  }
  const safe = (value: Value) => (typeof value === 'string' ? escapeHtml(value) : textOf(value));
  const isText = (value: Value) => typeof value === 'string' || value instanceof Markup;
  if (isText(left) && isText(right)) return new Markup(safe(left) + safe(right));
  return undefined;
}

function repeat(value: Value, times: number | bigint | boolean): Value | undefined {
  const count = Math.max(0, Number(times));
  const limit = (length: number): number => {
    if (length * count <= copyLimit) return length === 0 ? 0 : count;
    throw new TemplateFault('MemoryError', `a value repeated ${count} times is too long`);
  };
  if (typeof value === 'string') return value.repeat(limit(value.length));
  const items = value instanceof Tuple ? value.items : Array.isArray(value) ? value : undefined;
  if (!items) return undefined;
  const repeated = Array.from({ length: limit(items.length) }, () => items).flat();
  return value instanceof Tuple ? new Tuple(repeated) : repeated;
}

function mismatch(operator: string, left: Value, right: Value): string {
  const [a, b] = [typeName(left), typeName(right)];
  const joins = operator === '+' && ['str', 'list', 'tuple'].includes(a);
  if (joins) return `can only concatenate ${a} (not "${b}") to ${a}`;
  return `unsupported operand type(s) for ${operator}: '${a}' and '${b}'`;
}

export function negate(value: Value): Value {
  if (value instanceof Undefined) throw value.fault();
  if (value instanceof Float) return new Float(-value.value);
  // Not -value: that of 0 would be JavaScript's negative zero.
  if (isWhole(value)) return whole(-BigInt(value));
  throw typeError(`bad operand type for unary -: '${typeName(value)}'`);
}

export function positive(value: Value): Value {
  if (value instanceof Undefined) throw value.fault();
  if (value instanceof Float) return value;
  if (isWhole(value)) return whole(BigInt(value));
  throw typeError(`bad operand type for unary +: '${typeName(value)}'`);
}

const depthLimit = 200;

/** Python's `==`. */
export function equals(left: Value, right: Value, depth = 0): boolean {
  if (depth > depthLimit) throw new TemplateFault('RecursionError', 'values are nested too deep');
  if (left === right) return true;
  if (isNumber(left) && isNumber(right)) return compareNumbers(left, right) === 0;
  const [a, b] = [plainText(left), plainText(right)];
  if (a !== undefined && b !== undefined) return a === b;
  if (left instanceof Undefined && right instanceof Undefined) return true;
  const same = (x: readonly Value[], y: readonly Value[]): boolean =>
    x.length === y.length && x.every((item, i) => equals(item, y[i]!, depth + 1));
  if (Array.isArray(left) && Array.isArray(right)) return same(left, right);
  if (left instanceof Tuple && right instanceof Tuple) return same(left.items, right.items);
  if (left instanceof Range && right instanceof Range) return same(left.items(), right.items());
  if (left instanceof Dict && right instanceof Dict) {
    return (
      left.size === right.size &&
      Array.from(left.entries()).every(([key, value]) => {
        const other = right.get(key);
        return other !== undefined && equals(value, other, depth + 1);
      })
    );
  }
  return false;
}

function plainText(value: Value): string | undefined {
  return typeof value === 'string' ? value : value instanceof Markup ? value.text : undefined;
}

/** `left operator right` for the operators of comparison and membership. */
export function compare(operator: string, left: Value, right: Value): boolean {
  switch (operator) {
    case '==':
      return equals(left, right);
    case '!=':
      return !equals(left, right);
    case 'in':
      return contains(right, left);
    case 'not in':
      return !contains(right, left);
    default: {
      const order = orderOf(operator, left, right);
      if (operator === '<') return order < 0;
      if (operator === '<=') return order <= 0;
      return operator === '>' ? order > 0 : order >= 0;
    }
  }
}

/** Negative, 0 or positive as `left` comes before, with or after `right`; NaN where neither. */
export function orderOf(operator: string, left: Value, right: Value): number {
  if (left instanceof Undefined) throw left.fault();
  if (right instanceof Undefined) throw right.fault();
  if (isNumber(left) && isNumber(right)) return compareNumbers(left as Numeric, right as Numeric);
  const [a, b] = [plainText(left), plainText(right)];
  if (a !== undefined && b !== undefined) return compareTexts(a, b);
  const lists =
    Array.isArray(left) && Array.isArray(right)
      ? [left, right]
      : left instanceof Tuple && right instanceof Tuple
        ? [left.items, right.items]
        : undefined;
  if (lists) {
    const [x, y] = lists as [Value[], Value[]];
    const at = x.findIndex((item, i) => i >= y.length || !equals(item, y[i]!));
    return at < 0 || at >= y.length ? x.length - y.length : orderOf(operator, x[at]!, y[at]!);
  }
  throw typeError(
    `'${operator}' not supported between instances of '${typeName(left)}' and '${typeName(right)}'`,
  );
}

/** Python's `item in container`. */
export function contains(container: Value, item: Value): boolean {
  const text = plainText(container);
  if (text !== undefined) {
    const part = plainText(item);
    if (part === undefined) {
      throw typeError(`'in <string>' requires string as left operand, not ${typeName(item)}`);
    }
    return text.includes(part);
  }
  if (container instanceof Dict) return container.has(item);
  if (container instanceof DictView && container.kind === 'keys') {
    hashKey(item);
    return container.dict.has(item);
  }
  try {
    for (const member of iterate(container)) if (equals(member, item)) return true;
  } catch (cause) {
    if (!(cause instanceof TemplateFault) || !cause.message.endsWith('is not iterable'))
      throw cause;
    throw typeError(`argument of type '${typeName(container)}' is not iterable`);
  }
  return false;
}
