import { bind } from './arguments.ts';
import { TemplateFault } from './fault.ts';
import { getter, lazily } from './sequence-filters.ts';
import { textOf } from './text.ts';
import type { Value } from './values.ts';
import { Lazy, truth } from './values.ts';

/** Filters and tests by their names. */
export interface Applier {
  filter(name: string, value: Value, args: Value[], keywords: Map<string, Value>): Value;
  test(name: string, value: Value, args: Value[], keywords: Map<string, Value>): boolean;
}

type ApplyingFilter = (
  value: Value,
  args: Value[],
  keywords: Map<string, Value>,
  applier: Applier,
) => Value;

/** Filters of Jinja that apply another filter, or a test, to each item of a sequence. */
export const applyingFilters: Record<string, ApplyingFilter> = {
  map,
  reject: (...given) => choose(false, false, ...given),
  rejectattr: (...given) => choose(false, true, ...given),
  select: (...given) => choose(true, false, ...given),
  selectattr: (...given) => choose(true, true, ...given),
};

function map(value: Value, args: Value[], keywords: Map<string, Value>, applier: Applier): Value {
  const [name, ...rest] = args;
  let change: (item: Value) => Value;
  if (name === undefined && keywords.has('attribute')) {
    const [attribute, otherwise] = bind('map', ['attribute', 'default?'], [], keywords);
    change = getter(attribute!, otherwise);
  } else {
    if (name === undefined) {
      throw new TemplateFault('FilterArgumentError', 'map requires a filter argument');
    }
    change = (item) => applier.filter(textOf(name), item, rest, keywords);
  }
  return new Lazy(lazily(truth(value) ? value : [], (item) => [change(item)]));
}

function choose(
  keep: boolean,
  byAttribute: boolean,
  value: Value,
  args: Value[],
  keywords: Map<string, Value>,
  applier: Applier,
): Value {
  if (byAttribute && args.length === 0) {
    throw new TemplateFault('FilterArgumentError', 'Missing parameter for attribute name');
  }
  const get = byAttribute ? getter(args[0]!) : (item: Value) => item;
  const [test, ...rest] = byAttribute ? args.slice(1) : args;
  const matches = (item: Value): boolean =>
    test === undefined ? truth(get(item)) : applier.test(textOf(test), get(item), rest, keywords);
  return new Lazy(
    lazily(truth(value) ? value : [], (item) => (matches(item) === keep ? [item] : [])),
  );
}
