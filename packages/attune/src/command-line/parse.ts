import { parseArgs } from 'node:util';
import {
  type Config,
  flag,
  type Key,
  knowsOther,
  noOtherKeys,
  type OtherKeys,
  readValues,
  snakeCase,
  unknownKey,
} from '@attune/config';
import type { Values } from './command.ts';
import { usageError } from './usage.ts';

export interface ParsedLine {
  /** What the flags set, by names in camelCase. */
  readonly flags: Values;
  readonly help: boolean;
  readonly verbose: boolean;
  readonly config?: string;
  /** TRL's keys that were set to something else than TRL's default and have no effect here. */
  readonly withoutEffect: readonly string[];
}

const everywhere: Config = {
  help: flag(false, 'Shows this page.'),
  verbose: flag(false, 'Says more, and shows the stack of an error.'),
};

/**
 * The flags of a command: `--learning_rate 1e-3`, `--learning-rate=1e-3`, `--use_peft`,
 * `--no_use_peft`, `--use_peft false`, `--lora_target_modules q_proj v_proj` or `q_proj,v_proj`.
 *
 * @throws AttuneError `unknown-key` with the nearest, `missing-value`, `bad-value`, `unexpected-argument`, `key-not-done`
 */
export function parseLine(
  args: readonly string[],
  config: Config,
  other: OtherKeys = noOtherKeys,
): ParsedLine {
  const keys = { ...config, ...everywhere };
  const known = new Map<string, Key>(
    Object.entries(keys).map(([name, key]) => [snakeCase(name), key]),
  );
  const words = args.map((word) => (/^--\w/.test(word) ? underscored(word) : word));
  const { tokens } = parseArgs({
    args: words,
    options: declared(known),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const isFlag = (name: string) =>
    known.has(name) ? known.get(name)!.kind === 'flag' : isOtherFlag(other, name);
  const takesMany = (name: string) => /^(list|numbers)$/.test(known.get(name)?.kind ?? 'list');
  const given = new Map<string, unknown[]>();
  let last: { name: string; open: boolean } | undefined;
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      if (!last || !(last.open || takesMany(last.name))) throw unexpected(token.value);
      if (last.open && isFlag(last.name)) given.set(last.name, [token.value]);
      else given.get(last.name)!.push(token.value);
      last.open = false;
      continue;
    }
    const { name } = token;
    const negative = name.startsWith('no_') && !known.has(name) ? name.slice(3) : undefined;
    if (negative !== undefined && isFlag(negative)) {
      given.set(negative, [false]);
      last = undefined;
      continue;
    }
    const key = known.get(name);
    if (!key) {
      if (!knowsOther(other, name)) throw unknownFlag(name, known.keys());
      given.set(name, isFlag(name) && token.value === undefined ? [true] : []);
      if (token.value !== undefined) given.set(name, [token.value]);
      last = { name, open: token.value === undefined };
      continue;
    }
    if (token.value === undefined && key.kind !== 'flag') {
      throw usageError('missing-value', `--${name} needs a value.`, `${name}: ${key.help}`);
    }
    const earlier = takesMany(name) ? (given.get(name) ?? []) : [];
    given.set(name, [...earlier, token.value ?? true]);
    last = { name, open: key.kind === 'flag' && token.value === undefined };
  }
  return finish(given, keys, known, other);
}

function finish(
  given: Map<string, unknown[]>,
  keys: Config,
  known: Map<string, Key>,
  other: OtherKeys,
): ParsedLine {
  const flat = [...given].map(([name, values]) => {
    const many = /^(list|numbers)$/.test(known.get(name)?.kind ?? '');
    return [name, many || (!known.has(name) && values.length > 1) ? values : values.at(-1)];
  });
  const reading = { where: 'The command line', spelling: 'snake' } as const;
  const read = readValues(keys, Object.fromEntries(flat), reading, other);
  const { help, verbose, config, ...flags } = read.values;
  return {
    flags,
    help: help === true,
    verbose: verbose === true,
    ...(typeof config === 'string' && { config }),
    withoutEffect: read.withoutEffect,
  };
}

/** Whether a key of TRL that is none here is true or false there. */
function isOtherFlag({ withoutEffect, notDone }: OtherKeys, name: string): boolean {
  const standard = name in withoutEffect ? withoutEffect[name] : notDone[name]?.default;
  return typeof standard === 'boolean' || name === 'bf16' || name === 'tf32';
}

function underscored(word: string): string {
  const [, name, value] = /^--([^=]*)(=.*)?$/s.exec(word)!;
  return `--${name!.replaceAll('-', '_')}${value ?? ''}`;
}

function declared(known: Map<string, Key>) {
  const entries = [...known].map(
    ([name, { kind }]) =>
      [
        name,
        {
          type: kind === 'flag' ? ('boolean' as const) : ('string' as const),
          ...(name === 'help' && { short: 'h' }),
        },
      ] as const,
  );
  return Object.fromEntries(entries);
}

function unexpected(word: string) {
  return usageError(
    'unexpected-argument',
    `Unexpected argument ${JSON.stringify(word)}.`,
    'Values follow a key: --model_name_or_path FOLDER. See --help.',
  );
}

function unknownFlag(name: string, known: Iterable<string>) {
  const { message, remedy } = unknownKey(
    `--${name}`,
    [...known].map((key) => `--${key}`),
  );
  return usageError('unknown-key', message, remedy);
}

/** The value of one flag among words that are not parsed yet: `--command dpo`. */
export function peek(words: readonly string[], name: string): string | undefined {
  const flags = [`--${name}`, `--${name.replaceAll('_', '-')}`];
  for (const [i, word] of words.entries()) {
    const [before, value] = word.split('=', 2);
    if (flags.includes(before!)) return value ?? words[i + 1];
  }
  return undefined;
}
