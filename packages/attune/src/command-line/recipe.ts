import { readFile } from 'node:fs/promises';
import { type Config, noOtherKeys, type OtherKeys, readValues } from '@attune/config';
import { AttuneError } from '@attune/gpu';
import { LineCounter, parseDocument } from 'yaml';
import type { Values } from './command.ts';

export interface Recipe {
  /** By names in camelCase. */
  readonly values: Values;
  /** Everything that the file holds, as it stands. */
  readonly content: Readonly<Record<string, unknown>>;
  /** TRL's keys that were set to something else than TRL's default and have no effect here. */
  readonly withoutEffect: readonly string[];
}

/**
 * Reads a YAML recipe and checks every key and value.
 * @throws AttuneError `recipe-missing`, `recipe-broken`, `unknown-key` with the nearest name, `bad-value`, `key-not-done`
 */
export async function readRecipe(
  path: string,
  keys: Config,
  other: OtherKeys = noOtherKeys,
): Promise<Recipe> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new AttuneError(
      'recipe-missing',
      `The recipe ${path} ${absent ? 'does not exist' : `cannot be read: ${(cause as Error).message}`}.`,
      'Check the path; it is taken relative to the working directory.',
      { cause },
    );
  }
  return parseRecipe(text, path, keys, other);
}

/** A recipe from its text; `name` is for messages. */
export function parseRecipe(
  text: string,
  name: string,
  keys: Config,
  other: OtherKeys = noOtherKeys,
): Recipe {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const fault = document.errors[0];
  if (fault) {
    const { line } = lines.linePos(fault.pos[0]);
    throw new AttuneError(
      'recipe-broken',
      `${name} is not YAML, line ${line}: ${fault.message.split('\n')[0]}`,
      'Mend that line: each is `key: value`, lists have a line `- item` for each.',
    );
  }
  const content: unknown = document.toJS({ maxAliasCount: 100 });
  if (content === null || typeof content !== 'object' || Array.isArray(content)) {
    throw new AttuneError(
      'recipe-broken',
      `${name} holds no keys.`,
      'Write a line `key: value` for each; see --help for the keys.',
    );
  }
  const given = content as Record<string, unknown>;
  const read = readValues(keys, given, { where: name, spelling: 'snake' }, other);
  return { ...read, content: given };
}
