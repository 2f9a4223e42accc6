import { TemplateFault, typeError } from './fault.ts';

/**
 * Python's values. None is null, bool a boolean, str a string, int a whole number or, beyond 2^53, a
 * bigint; a list is an array. The rest are these classes.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Value[]
  | Float
  | Tuple
  | Dict
  | DictView
  | Range
  | Namespace
  | Undefined
  | Markup
  | Lazy
  | Callable
  | Attributes;

export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

export class Tuple {
  readonly items: readonly Value[];
  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/** Text that `|safe` has marked: what is added to it by `+` or put into it by `%` is escaped. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** A dict: entries in the order of insertion; 1, 1.0 and true are one key. */
export class Dict {
  readonly #entries = new Map<unknown, [key: Value, value: Value]>();

  constructor(entries: Iterable<readonly [Value, Value]> = []) {
    for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(hashKey(key))?.[1];
  }

  has(key: Value): boolean {
    return this.#entries.has(hashKey(key));
  }

  set(key: Value, value: Value): void {
    const hash = hashKey(key);
    const found = this.#entries.get(hash);
    if (found) found[1] = value;
    else this.#entries.set(hash, [key, value]);
  }

  entries(): Iterable<[Value, Value]> {
    return this.#entries.values();
  }

  keys(): Value[] {
    return Array.from(this.entries(), ([key]) => key);
  }
}

/** What `keys()`, `values()` and `items()` of a dict give. */
export class DictView {
  readonly dict: Dict;
  readonly kind: 'keys' | 'values' | 'items';

  constructor(dict: Dict, kind: DictView['kind']) {
    this.dict = dict;
    this.kind = kind;
  }

  items(): Value[] {
    const place = this.kind === 'keys' ? 0 : 1;
    return Array.from(this.dict.entries(), (entry) =>
      this.kind === 'items' ? new Tuple([...entry]) : entry[place],
    );
  }
}

export class Range {
  readonly start: number;
  readonly stop: number;
  readonly step: number;

  constructor(start: number, stop: number, step: number) {
    this.start = start;
    this.stop = stop;
    this.step = step;
  }

  get length(): number {
    return Math.max(0, Math.ceil((this.stop - this.start) / this.step));
  }

  items(): number[] {
    return Array.from({ length: this.length }, (_, i) => this.start + i * this.step);
  }
}

/** `namespace()`: fields that a template may change. */
export class Namespace {
  readonly fields = new Map<string, Value>();

  set(name: string, value: Value): void {
    if (name.startsWith('_')) {
      throw new TemplateFault(
        'SecurityError',
        `a namespace cannot hold '${name}', whose name begins with _`,
      );
    }
    this.fields.set(name, value);
  }
}

/** A value that is not there. Printed it is nothing; used otherwise it raises what it says. */
export class Undefined {
  readonly #message: string;
  readonly #kind: string;

  constructor(message: string, kind = 'UndefinedError') {
    this.#message = message;
    this.#kind = kind;
  }

  fault(): TemplateFault {
    return new TemplateFault(this.#kind, this.#message);
  }
}

/** What `map`, `select` and their like give: read once, as it is asked for. */
export class Lazy {
  readonly iterator: Iterator<Value>;
  constructor(items: Iterable<Value>) {
    this.iterator = items[Symbol.iterator]();
  }
}

export class Callable {
  readonly name: string;
  /** Its text, where that does not tell its place in memory. */
  readonly text: string | undefined;
  readonly call: (args: Value[], keywords: Map<string, Value>) => Value;

  constructor(name: string, call: Callable['call'], text?: string) {
    this.name = name;
    this.call = call;
    this.text = text;
  }
}

/** An object of Jinja's with attributes of its own, such as `loop`. */
export interface Attributes {
  attribute(name: string): Value | undefined;
  call?(args: Value[], keywords: Map<string, Value>): Value;
}

export function typeName(value: Value): string {
  if (value === null) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'number':
    case 'bigint':
      return 'int';
    case 'string':
      return 'str';
  }
  if (value instanceof DictView) return `dict_${value.kind}`;
  if (value instanceof Lazy) return 'generator';
  if (value instanceof Callable) return 'function';
  return classes.find(([type]) => value instanceof type)?.[1] ?? 'LoopContext';
}

const classes = [
  [Float, 'float'],
  [Tuple, 'tuple'],
  [Dict, 'dict'],
  [Range, 'range'],
  [Namespace, 'Namespace'],
  [Undefined, 'Undefined'],
  [Markup, 'Markup'],
] as const;

export function isNumber(value: Value): value is number | bigint | boolean | Float {
  const type = typeof value;
  return type === 'number' || type === 'bigint' || type === 'boolean' || value instanceof Float;
}

export function truth(value: Value): boolean {
  if (value instanceof Float) return value.value !== 0;
  if (value instanceof Undefined) return false;
  const size = sizeOf(value);
  return size === undefined ? Boolean(value) : size > 0;
}

/** Length, or undefined where Python has none. */
export function sizeOf(value: Value): number | undefined {
  if (typeof value === 'string') return characterCount(value);
  if (Array.isArray(value)) return value.length;
  if (value instanceof Dict) return value.size;
  if (value instanceof Tuple) return value.items.length;
  if (value instanceof DictView) return value.dict.size;
  if (value instanceof Range) return value.length;
  if (value instanceof Markup) return characterCount(value.text);
  if (value instanceof Undefined) return 0;
  return undefined;
}

export function lengthOf(value: Value): number {
  const size = sizeOf(value);
  if (size === undefined) throw typeError(`object of type '${typeName(value)}' has no len()`);
  return size;
}

/** Python counts characters, JavaScript UTF-16 units. */
function characterCount(text: string): number {
  let pairs = 0;
  for (let i = 0; i + 1 < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) !== 0xd800) continue;
    if ((text.charCodeAt(i + 1) & 0xfc00) !== 0xdc00) continue;
    pairs++;
    i++;
  }
  return text.length - pairs;
}

export function isIterable(value: Value): boolean {
  return sizeOf(value) !== undefined || value instanceof Lazy;
}

/** The members of a list, tuple, text, dict (its keys), … @throws TemplateFault where it has none */
export function iterate(value: Value): Iterable<Value> {
  if (Array.isArray(value)) return value;
  if (typeof value === 'string') return value;
  if (value instanceof Tuple) return value.items;
  if (value instanceof Dict) return value.keys();
  if (value instanceof DictView || value instanceof Range) return value.items();
  if (value instanceof Undefined) return [];
  if (value instanceof Markup) return value.text;
  // Without the iterator's `return`: who stops early leaves the rest to the next reader.
  if (value instanceof Lazy)
    return { [Symbol.iterator]: () => ({ next: () => value.iterator.next() }) };
  throw typeError(`'${typeName(value)}' object is not iterable`);
}

/** Equal keys give the same value, different ones different ones. */
export function hashKey(value: Value): unknown {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
      return Number(value);
    case 'number':
    case 'bigint':
      return value;
  }
  if (value instanceof Float) return floatKey(value);
  if (value instanceof Markup) return value.text;
  // JSON of the members' keys, whose texts are quoted: a tuple meets no other key.
  if (value instanceof Tuple) return `\0tuple${JSON.stringify(value.items.map(tupleKey))}`;
  if (value instanceof Undefined) return Undefined;
  if (Array.isArray(value)) throw typeError("unhashable type: 'list'");
  if (value instanceof Dict) throw typeError("unhashable type: 'dict'");
  if (value instanceof DictView && value.kind !== 'values') {
    throw typeError(`unhashable type: 'dict_${value.kind}'`);
  }
  return value;
}

function floatKey({ value }: Float): unknown {
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  return BigInt(value);
}

function tupleKey(value: Value): unknown {
  const key = hashKey(value);
  return typeof key === 'string' ? key : [typeof key, String(key)];
}
