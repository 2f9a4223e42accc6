import { readFile } from 'node:fs/promises';
import { AttuneError } from '@attune/gpu';
import { LineCounter, parseDocument } from 'yaml';
import { convert, type Option, usageError, type Values } from './option.ts';
import { unknownKey } from './parse.ts';

export interface Recipe {
  readonly values: Values;
  /** Keys of TRL that were given and mean nothing here. */
  readonly ignored: readonly string[];
}

/**
 * Reads a YAML recipe and checks every key and value.
 * @throws AttuneError `recipe-missing`, `recipe-broken`, `unknown-key` naming the nearest, `bad-value`
 */
export async function readRecipe(
  path: string,
  options: readonly Option[],
  ignored: ReadonlySet<string>,
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
  return parseRecipe(text, path, options, ignored);
}

/** A recipe from its text; `name` is for messages. */
export function parseRecipe(
  text: string,
  name: string,
  options: readonly Option[],
  ignored: ReadonlySet<string> = new Set(),
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
  const known = new Map(options.map((option) => [option.name, option]));
  const values: Record<string, unknown> = {};
  const meaningless: string[] = [];
  for (const [key, value] of Object.entries(content)) {
    const option = known.get(key);
    if (option) {
      const converted = convert(option, value, name);
      if (converted !== undefined) values[key] = converted;
    } else if (ignored.has(key)) meaningless.push(key);
    else {
      const error = unknownKey(key, known.keys());
      throw usageError('unknown-key', `${name}: ${error.message}`, error.remedy);
    }
  }
  return { values, ignored: meaningless };
}
