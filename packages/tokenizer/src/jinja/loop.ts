import { typeError } from './fault.ts';
import { equals } from './operators.ts';
import type { Value } from './values.ts';
import { Callable, iterate, sizeOf, Undefined } from './values.ts';

/** The `loop` of a for block. It looks ahead only where it is asked, as Jinja's does. */
export class Loop {
  readonly #again: ((items: Value, depth: number) => Value) | undefined;
  readonly #depth: number;
  #iterator: Iterator<Value>;
  #ahead: IteratorResult<Value> | undefined;
  #size: number | undefined;
  #index = -1;
  #before: Value | undefined;
  #current: Value | undefined;
  #changed: Value[] | undefined;

  constructor(
    given: Value,
    filtered: boolean,
    items: Iterable<Value>,
    depth: number,
    again: ((items: Value, depth: number) => Value) | undefined,
  ) {
    if (!filtered) this.#size = sizeOf(given);
    this.#iterator = items[Symbol.iterator]();
    this.#depth = depth;
    this.#again = again;
  }

  next(): IteratorResult<Value> {
    const result = this.#ahead ?? this.#iterator.next();
    this.#ahead = undefined;
    if (result.done) return result;
    this.#index++;
    this.#before = this.#current;
    this.#current = result.value;
    return result;
  }

  #peek(): IteratorResult<Value> {
    this.#ahead ??= this.#iterator.next();
    return this.#ahead;
  }

  #length(): number {
    if (this.#size === undefined) {
      const rest = this.#peek().done ? [] : [this.#peek().value];
      for (let next = this.#iterator.next(); !next.done; next = this.#iterator.next()) {
        rest.push(next.value);
      }
      this.#iterator = rest[Symbol.iterator]();
      this.#ahead = undefined;
      this.#size = this.#index + 1 + rest.length;
    }
    return this.#size;
  }

  attribute(name: string): Value | undefined {
    switch (name) {
      case 'index':
        return this.#index + 1;
      case 'index0':
        return this.#index;
      case 'revindex':
        return this.#length() - this.#index;
      case 'revindex0':
        return this.#length() - this.#index - 1;
      case 'first':
        return this.#index === 0;
      case 'last':
        return this.#peek().done === true;
      case 'length':
        return this.#length();
      case 'depth':
        return this.#depth + 1;
      case 'depth0':
        return this.#depth;
      case 'previtem':
        return this.#before === undefined
          ? new Undefined('there is no previous item')
          : this.#before;
      case 'nextitem': {
        const next = this.#peek();
        return next.done ? new Undefined('there is no next item') : next.value;
      }
      case 'cycle':
        return new Callable(name, (args) => {
          if (!args.length) throw typeError('no items for cycling given');
          return args[this.#index % args.length]!;
        });
      case 'changed':
        return new Callable(name, (args) => {
          const same = this.#changed && equals(this.#changed, args);
          this.#changed = args;
          return !same;
        });
      default:
        return undefined;
    }
  }

  /** `loop(items)` in a recursive loop. */
  call([items]: Value[]): Value {
    if (!this.#again)
      throw typeError("The loop must have the 'recursive' marker to be called recursively.");
    return this.#again(items ?? null, this.#depth + 1);
  }
}

/** The items of a loop, without those that its `if` leaves out; looked at one by one. */
export function* chosen(
  given: Value,
  keep: ((item: Value) => boolean) | undefined,
): Generator<Value> {
  for (const item of iterate(given)) if (!keep || keep(item)) yield item;
}
