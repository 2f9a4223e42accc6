import { parseArgs } from 'node:util';
import { nearest } from '@attune/gpu';
import { convert, type Option, usageError, type Values } from './option.ts';

export interface ParsedLine {
  /** What the flags set, converted. */
  readonly flags: Values;
  readonly help: boolean;
  readonly verbose: boolean;
  readonly config?: string;
}

const everywhere: readonly Option[] = [
  { name: 'help', kind: 'flag', help: 'Shows this page.' },
  { name: 'verbose', kind: 'flag', help: 'Says more, and shows the stack of an error.' },
];

/**
 * The flags of a command: `--learning_rate 1e-3`, `--learning-rate=1e-3`, `--use_peft`,
 * `--no_use_peft`, `--use_peft false`, `--lora_target_modules q_proj v_proj` or `q_proj,v_proj`.
 *
 * @throws AttuneError `unknown-key` naming the nearest, `missing-value`, `bad-value`, `unexpected-argument`
 */
export function parseLine(
  args: readonly string[],
  options: readonly Option[],
  ignored: ReadonlySet<string> = new Set(),
): ParsedLine {
  const known = new Map([...options, ...everywhere].map((option) => [option.name, option]));
  const words = args.map((word) => (/^--\w/.test(word) ? underscored(word) : word));
  const { tokens } = parseArgs({
    args: words,
    options: declared(known),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<string, unknown[]>();
  let last: { name: string; open: boolean } | undefined;
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      const option = last && known.get(last.name);
      if (!last || !(last.open || option?.kind === 'list')) throw unexpected(token.value);
      if (option && last.open && option.kind === 'flag') given.set(last.name, [token.value]);
      else given.get(last.name)!.push(token.value);
      last.open = false;
      continue;
    }
    const { name } = token;
    const negative = name.startsWith('no_') && !known.has(name) ? name.slice(3) : undefined;
    if (negative && known.get(negative)?.kind === 'flag') {
      given.set(negative, [false]);
      last = undefined;
      continue;
    }
    const option = known.get(name);
    if (!option) {
      if (!ignored.has(name)) throw unknownKey(name, known.keys(), '--');
      last = { name, open: true };
      given.set(name, []);
      continue;
    }
    if (token.value === undefined && option.kind !== 'flag') {
      throw usageError(
        'missing-value',
        `--${name} stands without a value.`,
        `${name}: ${option.help}`,
      );
    }
    const earlier = option.kind === 'list' ? (given.get(name) ?? []) : [];
    given.set(name, [...earlier, token.value ?? true]);
    last = { name, open: option.kind === 'flag' && token.value === undefined };
  }
  return finish(given, known);
}

function finish(given: Map<string, unknown[]>, known: Map<string, Option>): ParsedLine {
  const flags: Record<string, unknown> = {};
  for (const [name, values] of given) {
    const option = known.get(name);
    flags[name] = option
      ? convert(option, option.kind === 'list' ? values : values.at(-1), 'The command line')
      : values;
  }
  const { help, verbose, config, ...rest } = flags;
  return {
    flags: rest,
    help: help === true,
    verbose: verbose === true,
    ...(typeof config === 'string' && { config }),
  };
}

function underscored(word: string): string {
  const [, name, value] = /^--([^=]*)(=.*)?$/s.exec(word)!;
  return `--${name!.replaceAll('-', '_')}${value ?? ''}`;
}

function declared(known: Map<string, Option>) {
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
    `What ${JSON.stringify(word)} means here is not clear.`,
    'Values follow a key: --model_name_or_path FOLDER. See --help.',
  );
}

/** The error of a key that does not exist. */
export function unknownKey(name: string, known: Iterable<string>, before = '') {
  const near = nearest(name, known);
  return usageError(
    'unknown-key',
    `There is no key ${before}${name}.`,
    near ? `Did you mean ${before}${near}?` : 'See --help for all keys.',
  );
}
