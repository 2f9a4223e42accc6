import { snakeCase } from '@attune/config';
import { afterEach, expect, test, vi } from 'vitest';
import { main } from '../cli.ts';
import { commands } from '../commands/list.ts';
import { type Command, keysOf } from './command.ts';
import { commandHelp } from './help.ts';
import { parseLine } from './parse.ts';

afterEach(() => vi.restoreAllMocks());

/** Runs a command line in this process: its exit code and what it wrote. */
async function attune(...args: string[]) {
  let out = '';
  let error = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += text;
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    error += text;
    return true;
  });
  const code = await main(args);
  vi.restoreAllMocks();
  return { code, out, error };
}

const names = (command: Command) => Object.keys(keysOf(command)).map(snakeCase);

/** The command lines of an example: a backslash joins a line with the next. */
const exampleLines = (example: string) => example.replaceAll(/\\\n\s*/g, '').split('\n');

test.each(commands.map((command) => [command.name, command] as const))(
  'attune %s --help shows an example, every key, and nothing twice',
  async (name, command) => {
    const { code, out } = await attune(name, '--help');
    expect(code).toBe(0);
    expect(out).toContain(`Example:\n  attune ${name}`);
    for (const key of names(command)) expect(out).toContain(`--${key}`);
    expect(await attune('help', name)).toMatchObject({ code: 0, out });
  },
);

test.each(commands.map((command) => [command.name, command] as const))(
  'the example of attune %s is a line that its own parser takes',
  (name, command) => {
    for (const line of exampleLines(command.example)) {
      const [program, first, ...rest] = line.trim().split(/\s+/);
      expect([program, first]).toEqual(['attune', name]);
      const { flags, config } = parseLine(rest, keysOf(command, rest), command.otherKeys);
      if (config !== undefined) continue;
      for (const key of command.required ?? []) expect(Object.keys(flags)).toContain(key);
    }
  },
);

test('each line of help is a sentence that is understood alone', () => {
  for (const command of commands) {
    for (const [name, { help }] of Object.entries(keysOf(command))) {
      const where = `attune ${command.name} --${snakeCase(name)}: ${help}`;
      expect(help, where).toMatch(/^[A-Z"'\d]|^[a-z]+[:_A-Z]/);
      expect(help, where).toMatch(/[.)]$/);
      // Such lines hang on the one above.
      expect(help, where).not.toMatch(
        /^(And|Its|Their|By this|By so|After every|Not (above|below))\b|^…/,
      );
      expect(help, where).not.toMatch(/\b(judge[sd]?|siblings?|kin|told|spoken)\b/i);
    }
  }
});

test('help is no wider than a terminal of 100 columns', () => {
  for (const command of commands) {
    for (const line of commandHelp(command).split('\n')) {
      expect(line.length, `attune ${command.name}: ${line}`).toBeLessThanOrEqual(100);
    }
  }
});

test('attune --help names every command and the exit codes', async () => {
  const { code, out } = await attune('--help');
  expect(code).toBe(0);
  for (const { name } of commands) expect(out).toMatch(new RegExp(`  ${name} +`));
  for (const { summary } of commands) expect(out).toContain(summary);
  expect(out).toMatch(/Exit code: 0 .*1 .*2 .*130 /s);
  expect((await attune()).out).toBe(out);
});

test('a misspelt command, flag or help page ends with 2 and names the nearest', async () => {
  for (const [line, near] of [
    [['sfft'], 'attune sft'],
    [['help', 'generat'], 'attune generate'],
    [['sft', '--lerning_rate', '1'], '--learning_rate'],
    [['inspect', '--row', '3'], '--rows'],
  ] as const) {
    const { code, out, error } = await attune(...line);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toContain(`Did you mean ${near}?`);
  }
});

test('flags before the command are pointed out, with the order that works', async () => {
  const { code, error } = await attune('--config', 'recipe.yaml', 'sft');
  expect(code).toBe(2);
  expect(error).toContain('attune sft --config');
});

test('what is missing, without value or of the wrong kind ends with 2 and says what is wanted', async () => {
  for (const [line, says] of [
    [['sft'], 'needs model_name_or_path'],
    [['sft', '--max_steps'], '--max_steps needs a value'],
    [['sft', '--max_steps', 'ten'], 'max_steps is "ten", not a number'],
    [['sft', '--loss_type', 'nlll'], 'not one of'],
    [['sft', 'recipe.yaml'], 'recipe.yaml'],
  ] as const) {
    const { code, error } = await attune(...line);
    expect({ code, says: error.includes(says) }, error).toEqual({ code: 2, says: true });
  }
});
