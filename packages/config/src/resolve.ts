import { AttuneError, nearest } from '@attune/gpu';
import {
  type ArgsOf,
  type Config,
  camelCase,
  type Key,
  type SettingsOf,
  snakeCase,
} from './key.ts';
import { knowsOther, lookAtOther, noOtherKeys, type OtherKeys } from './other-keys.ts';

/** Where values come from: how keys are spelled there, and whether words stand for values. */
export interface ReadingOf {
  /** For messages: `args`, or the recipe's name. */
  readonly where: string;
  /** `snake` in recipes and on the command line, `camel` in code. */
  readonly spelling: 'snake' | 'camel';
}

const inCode: ReadingOf = { where: 'args', spelling: 'camel' };

/** Values by their names in camelCase, and what was given but has no effect here, in snake_case. */
export interface Given {
  readonly values: Readonly<Record<string, unknown>>;
  readonly withoutEffect: readonly string[];
}

/**
 * Checks what was given, key by key.
 * @throws AttuneError `unknown-key` with the nearest name, `bad-value`, `key-not-done`
 */
export function readValues(
  config: Config,
  given: Readonly<Record<string, unknown>>,
  reading: ReadingOf = inCode,
  other: OtherKeys = noOtherKeys,
): Given {
  const values: Record<string, unknown> = {};
  const withoutEffect: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    const own = reading.spelling === 'snake' ? camelCase(name) : name;
    const key = Object.hasOwn(config, own) ? config[own] : undefined;
    // A name of the other spelling is no key here.
    if (key && (reading.spelling === 'camel' || snakeCase(own) === name)) {
      const read = readValue(key, name, value, reading);
      if (read !== undefined) values[own] = read;
      continue;
    }
    const trl = trlName(other, name);
    if (trl === undefined) throw unknownKey(name, spelled(config, reading), reading.where);
    if (value !== undefined && lookAtOther(other, trl, value, reading.where)) {
      withoutEffect.push(trl);
    }
  }
  return { values, withoutEffect };
}

/** The name of a key that is TRL's alone, in its own spelling or in camelCase. */
function trlName(other: OtherKeys, name: string): string | undefined {
  if (knowsOther(other, name)) return name;
  const all = [...Object.keys(other.withoutEffect), ...Object.keys(other.notDone)];
  return all.find((candidate) => camelCase(candidate) === name);
}

/**
 * Arguments with defaults for what is not given.
 * @throws AttuneError `unknown-key` with the nearest name, `bad-value`, `key-not-done`
 */
export function resolveArgs<C extends Config>(
  config: C,
  args: ArgsOf<C>,
  other: OtherKeys = noOtherKeys,
): SettingsOf<C> & { readonly withoutEffect: readonly string[] } {
  if (args === null || typeof args !== 'object' || Array.isArray(args)) {
    throw new AttuneError(
      'bad-value',
      `args is ${JSON.stringify(args)}, not an object.`,
      'Give { learningRate: 1e-4, maxSteps: 100 }, or nothing for all defaults.',
    );
  }
  const { values, withoutEffect } = readValues(config, args, inCode, other);
  return { ...defaultsOf(config), ...values, withoutEffect } as SettingsOf<C> & {
    readonly withoutEffect: readonly string[];
  };
}

/** The default of every key. */
export function defaultsOf<C extends Config>(config: C): SettingsOf<C> {
  return Object.fromEntries(
    Object.entries(config).map(([name, key]) => [name, key.default]),
  ) as SettingsOf<C>;
}

const spelled = (config: Config, { spelling }: ReadingOf): string[] =>
  Object.keys(config).map((name) => (spelling === 'snake' ? snakeCase(name) : name));

/** The error of a key that does not exist. */
export function unknownKey(name: string, known: Iterable<string>, where?: string): AttuneError {
  const near = nearest(name, known);
  return new AttuneError(
    'unknown-key',
    `${where ? `${where}: there` : 'There'} is no key ${name}.`,
    near
      ? `Did you mean ${near}?`
      : 'See the help of the command, or the page of the trainer, for all keys.',
  );
}

/**
 * A value as its key wants it. In recipes and on the command line words stand for values (`true`, `1e-3`, `none`,
 * `a,b`); in code types are exact. `undefined` stands for what was not given.
 * @throws AttuneError `bad-value`
 */
export function readValue(
  key: Key,
  name: string,
  value: unknown,
  { where, spelling }: ReadingOf,
): unknown {
  const words = spelling === 'snake';
  const bad = (wanted: string) =>
    new AttuneError(
      'bad-value',
      `${where}: ${name} is ${shown(value)}, not ${wanted}.`,
      `${name}: ${key.help}${key.choices ? ` One of ${key.choices.join(', ')}.` : ''}`,
    );
  if (value === undefined) return undefined;
  const isNull = value === null || (words && key.nullable && /^(null|none)$/i.test(String(value)));
  if (isNull) {
    if (key.nullable) return null;
    if (words) return undefined;
    throw bad(wantedBy(key));
  }
  switch (key.kind) {
    case 'flag':
      return readFlag(value, words) ?? raise(bad('true or false'));
    case 'number':
    case 'integer': {
      const number = words ? numberOf(value) : value;
      if (typeof number !== 'number' || !Number.isFinite(number)) throw bad('a number');
      checkNumber(key, number, bad);
      return number;
    }
    case 'text': {
      if (typeof value === 'object' || (!words && typeof value !== 'string')) throw bad('text');
      const found = String(value);
      if (key.choices && !key.choices.includes(found)) throw bad(wantedBy(key));
      return found;
    }
    case 'list': {
      if (!Array.isArray(value) && !(words && typeof value !== 'object')) throw bad('a list');
      const found = [value].flat().map(String);
      const parts = words ? found.flatMap(splitList) : found;
      if (key.choices && parts.some((part) => !key.choices!.includes(part)))
        throw bad(wantedBy(key));
      return parts;
    }
    case 'numbers': {
      if (!Array.isArray(value) && !words) throw bad('a list of numbers');
      const parts = [value]
        .flat()
        .flatMap((part) => (typeof part === 'string' ? part.split(',') : [part]));
      const found = words ? parts.map(numberOf) : parts;
      if (!found.every((part) => typeof part === 'number' && Number.isFinite(part))) {
        throw bad('a list of numbers');
      }
      for (const part of found) checkNumber({ ...key, kind: 'number' }, part as number, bad);
      return found;
    }
    case 'json': {
      if (typeof value !== 'string' || !words) return value;
      try {
        return JSON.parse(value);
      } catch {
        throw bad('JSON');
      }
    }
  }
}

function raise(error: AttuneError): never {
  throw error;
}

function readFlag(value: unknown, words: boolean): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (!words) return undefined;
  const word = String(value).toLowerCase();
  if (/^(true|yes|1)$/.test(word)) return true;
  return /^(false|no|0)$/.test(word) ? false : undefined;
}

const numberOf = (value: unknown): unknown =>
  typeof value === 'string' && value.trim() !== '' ? Number(value) : value;

function checkNumber(key: Key, number: number, bad: (wanted: string) => AttuneError): void {
  const { kind, min, max, above } = key;
  if (kind === 'integer' && !Number.isInteger(number)) throw bad('a whole number');
  if (min !== undefined && number < min) throw bad(`at least ${min}`);
  if (above !== undefined && number <= above) throw bad(`greater than ${above}`);
  if (max !== undefined && number > max) throw bad(`at most ${max}`);
}

function wantedBy({ kind, choices }: Key): string {
  if (choices) return `${kind === 'list' ? 'among' : 'one of'} ${choices.join(', ')}`;
  const words = {
    text: 'text',
    number: 'a number',
    integer: 'a whole number',
    flag: 'true or false',
  };
  return (words as Record<string, string>)[kind] ?? 'a list';
}

function shown(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'function') return String(value);
  return JSON.stringify(value) ?? String(value);
}

/** Commas part names, but not inside an expression such as `q_proj|layers\.(1,2)`. */
function splitList(words: string): string[] {
  return /[()[\]{}\\^$*+?|]/.test(words) ? [words] : words.split(',').filter((part) => part !== '');
}
