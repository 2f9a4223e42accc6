import { bind } from './arguments.ts';
import { isFilter } from './filters.ts';
import { isWhole } from './numbers.ts';
import { binary, compare, equals } from './operators.ts';
import { textOf } from './text.ts';
import { textMethod } from './text-methods.ts';
import type { Value } from './values.ts';
import {
  Callable,
  Dict,
  DictView,
  Float,
  isIterable,
  isNumber,
  Markup,
  sizeOf,
  Undefined,
} from './values.ts';

const isCased = (value: Value, how: 'islower' | 'isupper'): boolean =>
  textMethod(textOf(value), how)!.call([], new Map()) === true;

const rest = (value: Value, by: Value): Value => binary('%', value, by);

const plain: Record<string, (value: Value) => boolean> = {
  boolean: (value) => typeof value === 'boolean',
  // Python's Undefined has a __call__, which raises.
  callable: (value) => value instanceof Callable || value instanceof Undefined,
  defined: (value) => !(value instanceof Undefined),
  escaped: (value) => value instanceof Markup,
  even: (value) => equals(rest(value, 2), 0),
  false: (value) => value === false,
  filter: (value) => isFilter(textOf(value)),
  float: (value) => value instanceof Float,
  integer: (value) => isWhole(value) && typeof value !== 'boolean',
  iterable: isIterable,
  lower: (value) => isCased(value, 'islower'),
  mapping: (value) => value instanceof Dict,
  none: (value) => value === null,
  number: isNumber,
  odd: (value) => equals(rest(value, 2), 1),
  sequence: (value) => sizeOf(value) !== undefined && !(value instanceof DictView),
  test: (value) => isTest(textOf(value)),
  string: (value) => typeof value === 'string' || value instanceof Markup,
  true: (value) => value === true,
  undefined: (value) => value instanceof Undefined,
  upper: (value) => isCased(value, 'isupper'),
};

const operators: Record<string, string> = {
  '==': '==',
  eq: '==',
  equalto: '==',
  '!=': '!=',
  ne: '!=',
  '>': '>',
  gt: '>',
  greaterthan: '>',
  '>=': '>=',
  ge: '>=',
  '<': '<',
  lt: '<',
  lessthan: '<',
  '<=': '<=',
  le: '<=',
  in: 'in',
};

const withArgument: Record<string, (value: Value, argument: Value) => boolean> = {
  divisibleby: (value, by) => equals(rest(value, by), 0),
  sameas: (value, other) => value === other,
};

export function isTest(name: string): boolean {
  return [plain, operators, withArgument].some((tests) => Object.hasOwn(tests, name));
}

/** `value is name(…)`. @throws TemplateFault where Python raises */
export function applyTest(
  name: string,
  value: Value,
  args: Value[],
  keywords: Map<string, Value>,
): boolean {
  if (Object.hasOwn(plain, name)) {
    bind(`test_${name}`, [], args, keywords);
    return plain[name]!(value);
  }
  const [argument] = bind(`test_${name}`, ['argument'], args, keywords);
  if (Object.hasOwn(operators, name)) return compare(operators[name]!, value, argument!);
  return withArgument[name]!(value, argument!);
}
