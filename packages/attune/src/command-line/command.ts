import type { Config, OtherKeys } from '@attune/config';
import type { Terminal } from './terminal.ts';

export interface Context {
  readonly terminal: Terminal;
  readonly verbose: boolean;
  /** Aborted by the first Ctrl-C: the command saves what it has and ends. */
  readonly signal: AbortSignal;
}

/** What was given, over the defaults, by names in camelCase. */
export type Values = Readonly<Record<string, unknown>>;

/** One command of the command line. */
export interface Command {
  readonly name: string;
  /** A sentence for the list of commands. */
  readonly summary: string;
  readonly description?: string;
  readonly example: string;
  /** Its keys: of a recipe and of the command line, or those for the words that were given. */
  readonly keys: Config | ((words: readonly string[]) => Config);
  /** TRL's keys that are none here. */
  readonly otherKeys?: OtherKeys;
  /** Keys that must be given, in camelCase. */
  readonly required?: readonly string[];
  run(values: Values, context: Context): Promise<void>;
}

export const keysOf = ({ keys }: Command, words: readonly string[] = []): Config =>
  typeof keys === 'function' ? keys(words) : keys;
