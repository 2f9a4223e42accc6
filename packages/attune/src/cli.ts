import { AttuneError, nearest } from '@attune/gpu';
import type { Command } from './command-line/command.ts';
import { commandHelp, overview } from './command-line/help.ts';
import { usageCodes, usageError, type Values } from './command-line/option.ts';
import { parseLine } from './command-line/parse.ts';
import { readRecipe } from './command-line/recipe.ts';
import { type Terminal, terminalOf } from './command-line/terminal.ts';
import { commands } from './commands/list.ts';
import { version } from './version.ts';

/**
 * Runs a command line and resolves to the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
 * @example process.exitCode = await main(process.argv.slice(2));
 */
export async function main(args: readonly string[]): Promise<number> {
  const terminal = terminalOf(process.stdout, process.stderr, process.env);
  const verbose = args.includes('--verbose');
  const interrupt = new AbortController();
  const onSignal = () => {
    if (interrupt.signal.aborted) process.exit(130);
    terminal.note('Stopping after this step; once more ends at once.');
    interrupt.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  try {
    await dispatch(args, terminal, interrupt.signal);
    return interrupt.signal.aborted ? 130 : 0;
  } catch (error) {
    terminal.settle();
    return report(error, terminal, verbose);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

async function dispatch(
  args: readonly string[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const asked = commands.find((command) => command.name === rest[0]);
    if (name === 'help' && rest[0] !== undefined && !asked) throw unknownCommand(rest[0]);
    terminal.out(asked ? commandHelp(asked) : overview(commands, version));
    return;
  }
  if (name === '--version' || name === 'version') return terminal.out(version);
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) throw unknownCommand(name, rest);
  const line = parseLine(rest, command.options, command.ignored);
  if (line.help) return terminal.out(commandHelp(command));
  const values = await gather(command, line, terminal);
  await command.run(values, { terminal, verbose: line.verbose, signal });
}

/** Defaults, the recipe over them, the flags over both. */
async function gather(
  command: Command,
  { flags, config, verbose }: ReturnType<typeof parseLine>,
  terminal: Terminal,
): Promise<Values> {
  const ignored = command.ignored ?? new Set<string>();
  const values: Record<string, unknown> = {};
  for (const option of command.options) {
    if (option.default !== undefined) values[option.name] = option.default;
  }
  const meaningless = Object.keys(flags).filter((key) => ignored.has(key));
  if (config !== undefined) {
    const recipe = await readRecipe(config, command.options, ignored);
    Object.assign(values, recipe.values);
    meaningless.push(...recipe.ignored);
  }
  Object.assign(values, flags);
  if (verbose && meaningless.length > 0) {
    terminal.note(`Taken, and without meaning here: ${meaningless.sort().join(', ')}.`);
  }
  for (const key of command.required ?? []) {
    if (values[key] !== undefined) continue;
    const { help } = command.options.find((option) => option.name === key)!;
    throw usageError('missing-key', `attune ${command.name} needs ${key}.`, `--${key}: ${help}`);
  }
  return values;
}

function unknownCommand(name: string, rest: readonly string[] = []): AttuneError {
  if (name.startsWith('-')) {
    const meant = rest.find((word) => commands.some((command) => command.name === word));
    return usageError(
      'unknown-command',
      `The first word is the command, not ${name}.`,
      meant ? `Write attune ${meant} ${name} ...` : 'attune --help lists them.',
    );
  }
  const near = nearest(
    name,
    commands.map((command) => command.name),
  );
  return usageError(
    'unknown-command',
    `There is no command ${name}.`,
    near ? `Did you mean attune ${near}?` : 'attune --help lists them.',
  );
}

/** Says what went wrong; a stack only with --verbose. */
function report(error: unknown, terminal: Terminal, verbose: boolean): number {
  if (error instanceof AttuneError) {
    terminal.note(error.toString());
    if (verbose && error.stack) terminal.note(`${error.stack}${causes(error)}`);
    return (usageCodes as readonly string[]).includes(error.code) ? 2 : 1;
  }
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: '' };
  terminal.note(
    `Something that should not happen did: ${message.split('\n')[0]}\nPlease report it with what you ran${verbose ? '' : ', and with what --verbose adds'}. [unexpected]`,
  );
  if (verbose) terminal.note(`${stack}${causes(error)}`);
  return 1;
}

function causes(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error ? `\ncaused by ${cause.stack}${causes(cause)}` : '';
}
