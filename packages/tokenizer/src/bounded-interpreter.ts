import { AttuneError } from '@attune/gpu';
import type { JinjaEnvironment, JinjaNode, JinjaValue } from './jinja.ts';
import { Environment, Interpreter } from './jinja.ts';

interface StripCall {
  callee?: { object?: JinjaNode; property?: { value?: unknown }; computed?: boolean };
  args?: JinjaNode[];
}

const stepLimit = 2_000_000;
const stepsPerIteration = 16;
const rangeLimit = 100_000;
const listLimit = 1_000_000;
const textLimit = 2 ** 23;
const milliseconds = 5_000;

/** Thrown by a template that calls `raise_exception`, for instance on turns that do not alternate. */
export class TemplateRefusal extends Error {}

/**
 * Jinja's interpreter with bounds on steps, loop rounds, time, and the size of texts and lists.
 * Templates come from model folders: two nested `range(3000)` must not stop a tab for half a minute.
 */
export class BoundedInterpreter extends Interpreter {
  readonly #textLimit: number;
  readonly #deadline = performance.now() + milliseconds;
  readonly #iterables = new WeakSet<object>();
  #steps = 0;

  /** @param inputLength characters of the messages; long conversations may render long */
  constructor(environment: JinjaEnvironment, inputLength: number) {
    super(environment);
    this.#textLimit = textLimit + 8 * inputLength;
  }

  override evaluate(node: JinjaNode | undefined, environment: JinjaEnvironment): JinjaValue {
    this.#spend(1);
    if (node?.type === 'For') this.#noteIterable(node);
    const value = (node && this.#strip(node, environment)) ?? super.evaluate(node, environment);
    const held: unknown = value.value;
    if (typeof held === 'string' && held.length > this.#textLimit) {
      throw runaway(`builds a text of ${held.length} characters`);
    }
    if (Array.isArray(held)) {
      if (held.length > listLimit) throw runaway(`builds a list of ${held.length} entries`);
      if (node && this.#iterables.has(node)) this.#spend(held.length * stepsPerIteration);
    }
    return value;
  }

  // The library's strip, lstrip and rstrip take no argument; Qwen's templates call lstrip('\n').
  #strip(node: JinjaNode, environment: JinjaEnvironment): JinjaValue | undefined {
    const { callee, args } = node as StripCall;
    const how = callee?.computed === false ? callee.property?.value : undefined;
    if (node.type !== 'CallExpression' || args?.length !== 1 || !how) return undefined;
    if (how !== 'strip' && how !== 'lstrip' && how !== 'rstrip') return undefined;
    const text = this.evaluate(callee!.object, environment).value;
    const characters = this.evaluate(args[0], environment).value;
    if (typeof text !== 'string' || typeof characters !== 'string') return undefined;
    const set = new Set(characters);
    const kept = Array.from(text);
    let [start, end] = [0, kept.length];
    if (how !== 'rstrip') while (start < end && set.has(kept[start]!)) start++;
    if (how !== 'lstrip') while (end > start && set.has(kept[end - 1]!)) end--;
    return new Environment().set('stripped', kept.slice(start, end).join(''));
  }

  // A loop with an empty body evaluates nothing: its rounds are counted when its list is known.
  #noteIterable(node: object): void {
    const iterable = (node as { iterable?: { lhs?: object } }).iterable;
    if (iterable) this.#iterables.add(iterable.lhs ?? iterable);
  }

  #spend(steps: number): void {
    const before = this.#steps;
    this.#steps += steps;
    if (this.#steps > stepLimit) throw runaway(`takes more than ${stepLimit} steps`);
    if (before >> 10 !== this.#steps >> 10 && performance.now() > this.#deadline) {
      throw runaway(`takes more than ${milliseconds / 1000} seconds`);
    }
  }
}

/** The names that every template knows, as transformers gives them. */
export function makeEnvironment(variables: Record<string, unknown>): JinjaEnvironment {
  const environment = new Environment();
  for (const [name, value] of Object.entries({ ...builtIns, ...variables })) {
    environment.set(name, value);
  }
  return environment;
}

const builtIns = {
  true: true,
  false: false,
  none: null,
  True: true,
  False: false,
  None: null,
  range,
  strftime_now: (format: string) => strftime(format, new Date()),
  raise_exception: (message: string) => {
    throw new TemplateRefusal(String(message));
  },
};

function range(start: number, stop?: number, step = 1): number[] {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const count = Math.max(0, Math.ceil((to - from) / step));
  // A step of 0 gives infinity or NaN.
  if (!(count <= rangeLimit)) throw runaway(`asks for a range of ${count} numbers`);
  return Array.from({ length: count }, (_, i) => from + i * step);
}

function runaway(what: string): AttuneError {
  return new AttuneError(
    'chat-template-runaway',
    `The chat template ${what}.`,
    'Take the chat template that came with the model, or shorten the conversation.',
  );
}

function strftime(format: string, date: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const named = (options: Intl.DateTimeFormatOptions) => date.toLocaleDateString('en-US', options);
  const fields: Record<string, () => string> = {
    Y: () => String(date.getFullYear()),
    y: () => two(date.getFullYear() % 100),
    m: () => two(date.getMonth() + 1),
    d: () => two(date.getDate()),
    B: () => named({ month: 'long' }),
    b: () => named({ month: 'short' }),
    A: () => named({ weekday: 'long' }),
    a: () => named({ weekday: 'short' }),
    H: () => two(date.getHours()),
    I: () => two(date.getHours() % 12 || 12),
    p: () => (date.getHours() < 12 ? 'AM' : 'PM'),
    M: () => two(date.getMinutes()),
    S: () => two(date.getSeconds()),
    '%': () => '%',
  };
  return format.replace(/%(.)/gs, (all, key: string) => fields[key]?.() ?? all);
}
