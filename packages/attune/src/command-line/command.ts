import type { Option, Values } from './option.ts';
import type { Terminal } from './terminal.ts';

export interface Context {
  readonly terminal: Terminal;
  readonly verbose: boolean;
  /** Aborted by the first Ctrl-C: the command saves what it has and ends. */
  readonly signal: AbortSignal;
}

/** One command of the command line. */
export interface Command {
  readonly name: string;
  /** A sentence for the list of commands. */
  readonly summary: string;
  readonly description?: string;
  readonly example: string;
  readonly options: readonly Option[];
  /** Keys of TRL that are taken and mean nothing here. */
  readonly ignored?: ReadonlySet<string>;
  /** Keys that must be given. */
  readonly required?: readonly string[];
  /** `values` are what recipe and flags gave, over the defaults. */
  run(values: Values, context: Context): Promise<void>;
}
