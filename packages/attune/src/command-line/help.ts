import { type Key, snakeCase } from '@attune/config';
import { type Command, keysOf } from './command.ts';

/** What `attune --help` prints. */
export function overview(commands: readonly Command[], version: string): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    `attune ${version}: fine-tunes language models on WebGPU.`,
    '',
    'Usage: attune COMMAND [--config recipe.yaml] [--key value ...]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'attune COMMAND --help shows its keys and an example. Keys are those of TRL; each is a line of',
    'a recipe and a flag, and flags win. Paths are relative to the working directory.',
    'Exit code: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C.',
  ].join('\n');
}

/** What `attune COMMAND --help` prints. */
export function commandHelp(command: Command, args: readonly string[] = []): string {
  const keys = Object.entries(keysOf(command, args));
  const groups = new Map<string, (typeof keys)[number][]>();
  for (const entry of keys) {
    const { group } = entry[1];
    groups.set(group, [...(groups.get(group) ?? []), entry]);
  }
  const width = Math.max(...keys.map(([name, key]) => heading(name, key).length), 0);
  const indent = ' '.repeat(width + 4);
  const lines = [...groups].flatMap(([group, entries]) => [
    '',
    `${group}:`,
    ...entries.map(([name, key]) => {
      const text = wrap(explain(key), 100 - width - 4).join(`\n${indent}`);
      return `  ${heading(name, key).padEnd(width)}  ${text}`;
    }),
  ]);
  return [
    `attune ${command.name}: ${command.summary}`,
    ...(command.description ? ['', ...wrap(command.description, 100)] : []),
    '',
    'Example:',
    ...command.example.split('\n').map((line) => `  ${line}`),
    ...lines,
    '',
    'Everywhere: --verbose says more and shows the stack of an error; --help shows this page.',
    'Flags of true and false: --KEY, --no_KEY, --KEY false.',
  ].join('\n');
}

const words: Record<Key['kind'], string> = {
  text: ' TEXT',
  number: ' NUMBER',
  integer: ' N',
  flag: '',
  list: ' NAMES',
  numbers: ' NUMBERS',
  json: ' JSON',
};

const heading = (name: string, { kind }: Key) => `--${snakeCase(name)}${words[kind]}`;

/** What help and tables say of a key: its sentence, its choices, its default. */
export function explain({ help, choices, default: standard }: Key): string {
  const values = choices ? ` One of ${choices.join(', ')}.` : '';
  const given = standard === undefined ? '' : ` Default ${standard === null ? 'none' : standard}.`;
  return `${help}${values}${given}`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = '';
    }
    line = line ? `${line} ${word}` : word;
  }
  return line ? [...lines, line] : lines;
}
