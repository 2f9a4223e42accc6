import { bind } from './arguments.ts';
import { runaway } from './bounds.ts';
import { TemplateRefusal, typeError, valueError } from './fault.ts';
import { toIndex } from './numbers.ts';
import { textOf } from './text.ts';
import type { Value } from './values.ts';
import { Callable, Dict, iterate, Namespace, Range } from './values.ts';

const rangeLimit = 100_000;

/** The names that every template knows, as transformers gives them. */
export function globals(): Record<string, Value> {
  const functions: Record<string, Callable['call']> = {
    range,
    dict: (args, keywords) => new Dict(pairsOf('dict', args, keywords)),
    namespace: (args, keywords) => {
      const made = new Namespace();
      for (const [name, value] of pairsOf('namespace', args, keywords))
        made.set(textOf(name), value);
      return made;
    },
    cycler: (args) => new Cycler(args),
    lipsum: () => {
      throw typeError('lipsum() writes at random, which is not supported here');
    },
    joiner: (args) => {
      const [separator = ', '] = bind('joiner', ['sep?'], args);
      let used = false;
      return new Callable('joiner', () => {
        const given = used ? separator : '';
        used = true;
        return given;
      });
    },
    strftime_now: (args) =>
      strftime(textOf(bind('strftime_now', ['format'], args)[0]!), new Date()),
    raise_exception: (args) => {
      throw new TemplateRefusal(textOf(bind('raise_exception', ['message'], args)[0]!));
    },
  };
  return Object.fromEntries(
    Object.entries(functions).map(([name, call]) => [name, new Callable(name, call)]),
  );
}

function range(args: Value[], keywords: Map<string, Value>): Value {
  if (keywords.size) throw typeError('range() takes no keyword arguments');
  if (args.length < 1 || args.length > 3) throw typeError('range expected 1 to 3 arguments');
  const [first, second, step = 1] = args.map(toIndex) as [number, number?, number?];
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (step === 0) throw valueError('range() arg 3 must not be zero');
  const made = new Range(start, stop, step);
  if (made.length > rangeLimit) throw runaway(`asks for a range of ${made.length} numbers`);
  return made;
}

function* pairsOf(
  callee: string,
  args: Value[],
  keywords: Map<string, Value>,
): Generator<[Value, Value]> {
  if (args.length > 1) throw typeError(`${callee} expected at most 1 argument, got ${args.length}`);
  const [source] = args;
  if (source instanceof Dict) yield* source.entries();
  else if (source !== undefined) {
    for (const item of iterate(source)) {
      const pair = Array.from(iterate(item));
      if (pair.length !== 2)
        throw valueError('dictionary update sequence element has not length 2');
      yield [pair[0]!, pair[1]!];
    }
  }
  yield* keywords;
}

class Cycler {
  readonly #items: Value[];
  #at = 0;

  constructor(items: Value[]) {
    if (!items.length) throw typeError('at least one item has to be provided');
    this.#items = items;
  }

  attribute(name: string): Value | undefined {
    switch (name) {
      case 'current':
        return this.#items[this.#at]!;
      case 'next':
        return new Callable(name, () => {
          const current = this.#items[this.#at]!;
          this.#at = (this.#at + 1) % this.#items.length;
          return current;
        });
      case 'reset':
        return new Callable(name, () => {
          this.#at = 0;
          return null;
        });
      default:
        return undefined;
    }
  }
}

function strftime(format: string, date: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const named = (options: Intl.DateTimeFormatOptions) => date.toLocaleDateString('en-US', options);
  const dayOfYear = () =>
    Math.round(
      (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) -
        Date.UTC(date.getFullYear(), 0, 0)) /
        86_400_000,
    );
  const fields: Record<string, () => string> = {
    Y: () => String(date.getFullYear()),
    y: () => two(date.getFullYear() % 100),
    m: () => two(date.getMonth() + 1),
    d: () => two(date.getDate()),
    e: () => String(date.getDate()).padStart(2),
    B: () => named({ month: 'long' }),
    b: () => named({ month: 'short' }),
    h: () => named({ month: 'short' }),
    A: () => named({ weekday: 'long' }),
    a: () => named({ weekday: 'short' }),
    H: () => two(date.getHours()),
    I: () => two(date.getHours() % 12 || 12),
    p: () => (date.getHours() < 12 ? 'AM' : 'PM'),
    M: () => two(date.getMinutes()),
    S: () => two(date.getSeconds()),
    f: () => `${String(date.getMilliseconds()).padStart(3, '0')}000`,
    j: () => String(dayOfYear()).padStart(3, '0'),
    w: () => String(date.getDay()),
    u: () => String(date.getDay() || 7),
    F: () => strftime('%Y-%m-%d', date),
    D: () => strftime('%m/%d/%y', date),
    T: () => strftime('%H:%M:%S', date),
    R: () => strftime('%H:%M', date),
    // A datetime without a time zone has no text for it.
    Z: () => '',
    z: () => '',
    n: () => '\n',
    t: () => '\t',
    '-d': () => String(date.getDate()),
    '-m': () => String(date.getMonth() + 1),
    '-H': () => String(date.getHours()),
    '-I': () => String(date.getHours() % 12 || 12),
    '-M': () => String(date.getMinutes()),
    '-S': () => String(date.getSeconds()),
    '%': () => '%',
  };
  return format.replace(/%(-?.)/gs, (all, key: string) => {
    const field = fields[key];
    if (field) return field();
    throw valueError(`strftime_now does not know ${all} here`);
  });
}
