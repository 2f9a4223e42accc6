import type { Command } from './command.ts';
import type { Option } from './option.ts';

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
export function commandHelp(command: Command): string {
  const groups = new Map<string, Option[]>();
  for (const option of command.options) {
    const group = option.group ?? 'Keys';
    groups.set(group, [...(groups.get(group) ?? []), option]);
  }
  const width = Math.max(...command.options.map((option) => heading(option).length), 0);
  const indent = ' '.repeat(width + 4);
  const lines = [...groups].flatMap(([group, options]) => [
    '',
    `${group}:`,
    ...options.map((option) => {
      const text = wrap(explain(option), 100 - width - 4).join(`\n${indent}`);
      return `  ${heading(option).padEnd(width)}  ${text}`;
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
  ].join('\n');
}

const words: Record<Option['kind'], string> = {
  text: ' TEXT',
  number: ' NUMBER',
  integer: ' N',
  flag: '',
  list: ' NAMES',
  json: ' JSON',
};

const heading = ({ name, kind }: Option) => `--${name}${words[kind]}`;

function explain({ help, choices, default: standard }: Option): string {
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
