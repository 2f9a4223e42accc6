import { defaultsOf, snakeCase } from '@attune/config';
import { AttuneError, nearest } from '@attune/gpu';
import { withoutEffectNote } from '@attune/trainer';
import { type Command, keysOf, type Values } from './command-line/command.ts';
import { commandHelp, overview } from './command-line/help.ts';
import { parseLine } from './command-line/parse.ts';
import { readRecipe } from './command-line/recipe.ts';
import { type Terminal, terminalOf } from './command-line/terminal.ts';
import { usageCodes, usageError } from './command-line/usage.ts';
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
    terminal.note('Stopping after this step. Press Ctrl-C again to quit now.');
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
  const line = parseLine(rest, keysOf(command, rest), command.otherKeys);
  if (line.help) return terminal.out(commandHelp(command, rest));
  const values = await gather(command, rest, line, terminal);
  await command.run(values, { terminal, verbose: line.verbose, signal });
}

/** Defaults, the recipe over them, the flags over both. */
async function gather(
  command: Command,
  words: readonly string[],
  { flags, config, withoutEffect }: ReturnType<typeof parseLine>,
  terminal: Terminal,
): Promise<Values> {
  const keys = keysOf(command, words);
  const recipe =
    config === undefined ? undefined : await readRecipe(config, keys, command.otherKeys);
  const given = { ...recipe?.values, ...flags };
  const idle = [...new Set([...(recipe?.withoutEffect ?? []), ...withoutEffect])];
  if (idle.length > 0) terminal.note(withoutEffectNote(idle));
  for (const name of command.required ?? []) {
    if (given[name] !== undefined) continue;
    const key = snakeCase(name);
    throw usageError(
      'missing-key',
      `attune ${command.name} needs ${key}.`,
      `--${key}: ${keys[name]!.help}`,
    );
  }
  return { ...defaultsOf(keys), ...given };
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
    `Internal error: ${message.split('\n')[0]}\nPlease report it with what you ran${verbose ? '' : ', and with what --verbose adds'}. [unexpected]`,
  );
  if (verbose) terminal.note(`${stack}${causes(error)}`);
  return 1;
}

function causes(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause instanceof Error ? `\ncaused by ${cause.stack}${causes(cause)}` : '';
}
