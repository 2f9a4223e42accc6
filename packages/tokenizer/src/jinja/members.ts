import { bind } from './arguments.ts';
import { TemplateFault, typeError, valueError } from './fault.ts';
import { isWhole, toIndex } from './numbers.ts';
import { equals } from './operators.ts';
import { characters, represent } from './text.ts';
import { textMethod } from './text-methods.ts';
import type { Value } from './values.ts';
import {
  Callable,
  Dict,
  DictView,
  Float,
  iterate,
  Lazy,
  Markup,
  Namespace,
  Range,
  Tuple,
  typeName,
  Undefined,
} from './values.ts';

/** `object.name`: an attribute, else an item of that name. */
export function attribute(object: Value, name: string): Value {
  if (object instanceof Undefined) throw object.fault();
  // Not `??`: None is null.
  const own = ownAttribute(object, name);
  if (own !== undefined) return own;
  const found = item(object, name);
  return found === undefined ? missing(object, name) : found;
}

/** `object[key]`: an item, else an attribute where the key is a text. */
export function subscript(object: Value, key: Value): Value {
  if (object instanceof Undefined) throw object.fault();
  const found = item(object, key);
  if (found !== undefined) return found;
  const own = typeof key === 'string' ? ownAttribute(object, key) : undefined;
  return own === undefined ? missing(object, key) : own;
}

function missing(object: Value, key: Value): Undefined {
  if (object === null || typeof key === 'string') {
    const owner = object === null ? 'None' : `'${typeName(object)} object'`;
    return new Undefined(`${owner} has no attribute ${represent(key)}`);
  }
  if (!isWhole(key))
    return new Undefined(`a ${typeName(object)} has no element of a ${typeName(key)}`);
  return new Undefined(`${typeName(object)} object has no element ${represent(key)}`);
}

/** The attribute that Python's `getattr` finds, as far as the sandbox gives it out. */
export function ownAttribute(object: Value, name: string): Value | undefined {
  if (/^__\w+__$/.test(name)) {
    // Python's inner workings; whether the object has this one makes no difference to a template.
    return object instanceof Dict && object.has(name) ? undefined : unsafe(object, name);
  }
  if (typeof object === 'string') return textMethod(object, name);
  if (object instanceof Markup) return safeMethod(object.text, name);
  if (object instanceof Dict) return dictMethod(object, name);
  if (Array.isArray(object)) {
    if (changesLists.has(name)) return unsafe(object, name);
    return name === 'copy' ? new Callable(name, () => [...object]) : listMethod(object, name);
  }
  if (object instanceof Namespace) return object.fields.get(name);
  if (object instanceof Float && name === 'is_integer') {
    return new Callable(name, () => Number.isInteger(object.value));
  }
  if (typeof object === 'object' && object !== null && 'attribute' in object) {
    const own = object.attribute(name);
    if (own !== undefined) return own;
  }
  if (object instanceof Range) return listMethod(object.items(), name);
  return object instanceof Tuple ? listMethod(object.items, name) : undefined;
}

/** A method of a text marked as safe: what it gives is safe too. */
function safeMethod(text: string, name: string): Value | undefined {
  const method = textMethod(text, name);
  if (!method) return undefined;
  return new Callable(name, (args, keywords) => {
    if (args.length || keywords.size) {
      throw typeError(`${name}() with arguments of a text marked as safe is not supported here`);
    }
    const made = method.call([], keywords);
    return typeof made === 'string' ? new Markup(made) : made;
  });
}

const changesLists = new Set([
  'append',
  'clear',
  'extend',
  'insert',
  'pop',
  'remove',
  'reverse',
  'sort',
]);
const changesDicts = new Set(['clear', 'pop', 'popitem', 'setdefault', 'update']);

function unsafe(object: Value, name: string): Undefined {
  return new Undefined(
    `access to attribute '${name}' of '${typeName(object)}' object is unsafe.`,
    'SecurityError',
  );
}

function listMethod(items: readonly Value[], name: string): Value | undefined {
  if (name === 'count') {
    return new Callable(name, (args) => {
      const [wanted] = bind(name, ['value'], args);
      return items.filter((item) => equals(item, wanted!)).length;
    });
  }
  if (name !== 'index') return undefined;
  return new Callable(name, (args) => {
    const [wanted] = bind(name, ['value'], args);
    const at = items.findIndex((item) => equals(item, wanted!));
    if (at < 0) throw valueError(`${represent(wanted!)} is not in list`);
    return at;
  });
}

function dictMethod(dict: Dict, name: string): Value | undefined {
  switch (name) {
    case 'get':
      return new Callable(name, (args) => {
        const [key, otherwise = null] = bind(name, ['key', 'default?'], args);
        const found = dict.get(key!);
        return found === undefined ? otherwise : found;
      });
    case 'keys':
    case 'values':
    case 'items':
      return new Callable(name, (args) => {
        bind(name, [], args);
        return new DictView(dict, name);
      });
    case 'copy':
      return new Callable(name, () => new Dict(dict.entries()));
    default:
      return changesDicts.has(name) ? unsafe(dict, name) : undefined;
  }
}

/** What Python's `object[key]` gives, or undefined where it raises LookupError or TypeError. */
export function item(object: Value, key: Value): Value | undefined {
  if (object instanceof Dict) {
    try {
      return object.get(key);
    } catch (cause) {
      if (cause instanceof TemplateFault) return undefined;
      throw cause;
    }
  }
  if (!isWhole(key)) return undefined;
  const index = toIndex(key);
  if (typeof object === 'string' || object instanceof Markup) {
    const text = typeof object === 'string' ? object : object.text;
    const found = characters(text).at(index);
    return found === undefined || typeof object === 'string' ? found : new Markup(found);
  }
  return sequence(object)?.at(index);
}

function sequence(object: Value): readonly Value[] | undefined {
  if (Array.isArray(object)) return object;
  if (object instanceof Tuple) return object.items;
  if (object instanceof Range) return object.items();
  return undefined;
}

/** `object[start:stop:step]`. @throws TemplateFault where Python raises */
export function slice(object: Value, bounds: readonly (Value | undefined)[]): Value {
  if (object instanceof Undefined) throw object.fault();
  if (object instanceof Dict) throw typeError("unhashable type: 'slice'");
  if (typeof object === 'string') return cut(characters(object), bounds).join('');
  if (object instanceof Markup) return new Markup(cut(characters(object.text), bounds).join(''));
  const items = sequence(object);
  if (!items) throw typeError(`'${typeName(object)}' object is not subscriptable`);
  const part = cut(items, bounds);
  return Array.isArray(object) ? part : new Tuple(part);
}

function cut<T>(items: readonly T[], bounds: readonly (Value | undefined)[]): T[] {
  const [start, stop, by] = bounds.map((bound) => {
    if (bound === undefined || bound === null) return undefined;
    if (isWhole(bound)) return Number(bound);
    throw typeError('slice indices must be integers or None or have an __index__ method');
  });
  const step = by ?? 1;
  if (step === 0) throw valueError('slice step cannot be zero');
  const [low, high] = step > 0 ? [0, items.length] : [-1, items.length - 1];
  const clamp = (index: number | undefined, otherwise: number): number => {
    if (index === undefined) return otherwise;
    return Math.min(high, Math.max(low, index < 0 ? index + items.length : index));
  };
  const from = clamp(start, step > 0 ? low : high);
  const to = clamp(stop, step > 0 ? high : low);
  const part: T[] = [];
  for (let i = from; step > 0 ? i < to : i > to; i += step) part.push(items[i]!);
  return part;
}

/** The members in reverse, as Python's `reversed`. @throws TemplateFault TypeError */
export function reversed(value: Value): Value[] {
  if (
    value instanceof Lazy ||
    (typeof value === 'object' && value !== null && 'attribute' in value)
  ) {
    throw typeError(`'${typeName(value)}' object is not reversible`);
  }
  return Array.from(iterate(value)).reverse();
}
