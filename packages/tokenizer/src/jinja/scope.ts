import type { Value } from './values.ts';
import { Undefined } from './values.ts';

/** Names of a block and, through its parent, of the blocks around it in the template. */
export class Scope {
  readonly #names = new Map<string, Value>();
  readonly #parent: Scope | undefined;

  constructor(parent?: Scope) {
    this.#parent = parent;
  }

  get(name: string): Value | undefined {
    // Not `??`: None is null.
    return this.#names.has(name) ? this.#names.get(name) : this.#parent?.get(name);
  }

  set(name: string, value: Value): void {
    this.#names.set(name, value);
  }
}

/** What a name stands for in a scope: an Undefined where it is not known. */
export function lookUp(scope: Scope, name: string): Value {
  const value = scope.get(name);
  return value === undefined ? unknownName(name) : value;
}

export function unknownName(name: string): Undefined {
  return new Undefined(`'${name}' is undefined`);
}
