import { AttuneError } from '@attune/gpu';

/** What a value may be. A `list` takes several words, or one with commas. */
export type OptionKind = 'text' | 'number' | 'integer' | 'flag' | 'list' | 'json';

/** One key of a recipe, which is also a flag. Names are TRL's, in snake_case. */
export interface Option {
  readonly name: string;
  readonly kind: OptionKind;
  readonly help: string;
  /** The heading that `--help` puts it under. */
  readonly group?: string;
  readonly choices?: readonly string[];
  readonly default?: unknown;
  /** `null` and `none` are values too. */
  readonly nullable?: boolean;
  /** Least value of a number. */
  readonly least?: number;
}

/** What was given, by key; keys that were not given are absent. */
export type Values = Readonly<Record<string, unknown>>;

/** An error of usage: the command was not started. Exit code 2. */
export function usageError(code: UsageCode, message: string, remedy: string): AttuneError {
  return new AttuneError(code, message, remedy);
}

export const usageCodes = [
  'unknown-command',
  'unknown-key',
  'bad-value',
  'missing-value',
  'missing-key',
  'unexpected-argument',
] as const;
type UsageCode = (typeof usageCodes)[number];

/**
 * A value as its key wants it; words of the command line and of YAML are both taken.
 * @throws AttuneError `bad-value`
 */
export function convert(option: Option, value: unknown, from: string): unknown {
  const { name, kind, nullable = false, choices, least } = option;
  const bad = (wanted: string) =>
    usageError(
      'bad-value',
      `${from}: ${name} is ${JSON.stringify(value)}, not ${wanted}.`,
      `${name}: ${option.help}${choices ? ` One of ${choices.join(', ')}.` : ''}`,
    );
  if (value === null || (nullable && /^(null|none)$/i.test(String(value)))) {
    if (nullable || value === null) return nullable ? null : undefined;
  }
  switch (kind) {
    case 'flag': {
      if (typeof value === 'boolean') return value;
      const word = String(value).toLowerCase();
      if (/^(true|yes|1)$/.test(word)) return true;
      if (/^(false|no|0)$/.test(word)) return false;
      throw bad('true or false');
    }
    case 'number':
    case 'integer': {
      const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof number !== 'number' || !Number.isFinite(number)) throw bad('a number');
      if (kind === 'integer' && !Number.isInteger(number)) throw bad('a whole number');
      if (least !== undefined && number < least) throw bad(`at least ${least}`);
      return number;
    }
    case 'text': {
      if (typeof value === 'object') throw bad('text');
      const text = String(value);
      if (choices && !choices.includes(text)) throw bad(`one of ${choices.join(', ')}`);
      return text;
    }
    case 'list': {
      if (typeof value === 'object' && !Array.isArray(value)) throw bad('a list');
      return [value].flat().map(String).flatMap(splitList);
    }
    case 'json': {
      if (typeof value !== 'string') return value;
      try {
        return JSON.parse(value);
      } catch {
        throw bad('JSON');
      }
    }
  }
}

/** Commas part names, but not inside an expression such as `q_proj|layers\.(1,2)`. */
function splitList(text: string): string[] {
  return /[()[\]{}\\^$*+?|]/.test(text) ? [text] : text.split(',').filter((part) => part !== '');
}
