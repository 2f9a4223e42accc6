import { AttuneError } from '@attune/gpu';
import { readText } from './bytes.ts';
import { type ModelFolder, readJson } from './folder.ts';
import type { GgufFile } from './gguf.ts';
import { tokenizerFromGguf } from './gguf-tokenizer.ts';

/** What a tokenizer needs, as Hugging Face's files have it. */
export interface TokenizerFiles {
  tokenizerJson: Record<string, unknown>;
  tokenizerConfig?: Record<string, unknown>;
  /** The Jinja template of a chat, from whichever file holds it. */
  chatTemplate?: string;
}

/**
 * The tokenizer of a model folder, else of its GGUF file's own metadata.
 * @throws AttuneError `missing-tokenizer`, `tokenizer-unsupported`, `invalid-json`, `tokenizer-invalid`
 */
export async function openTokenizer(folder: ModelFolder, gguf?: GgufFile): Promise<TokenizerFiles> {
  if (await folder.has('tokenizer.json')) return fromFolder(folder);
  if (gguf !== undefined) {
    const own = tokenizerFromGguf(gguf);
    const template = await templateFile(folder);
    return template === undefined ? own : { ...own, chatTemplate: template };
  }
  throw new AttuneError(
    'missing-tokenizer',
    `${folder.name} has no tokenizer.json.`,
    'Add the tokenizer.json of the model (and tokenizer_config.json, for its special tokens).',
  );
}

async function fromFolder(folder: ModelFolder): Promise<TokenizerFiles> {
  const files: TokenizerFiles = { tokenizerJson: await readJson(folder, 'tokenizer.json') };
  if (await folder.has('tokenizer_config.json')) {
    files.tokenizerConfig = await readJson(folder, 'tokenizer_config.json');
  }
  const template =
    (await templateFile(folder)) ?? templateOf(files.tokenizerConfig?.chat_template, folder.name);
  if (template !== undefined) files.chatTemplate = template;
  return files;
}

/** chat_template.jinja now, chat_template.json in between; both win over tokenizer_config.json. */
async function templateFile(folder: ModelFolder): Promise<string | undefined> {
  if (await folder.has('chat_template.jinja')) {
    return readText(await folder.open('chat_template.jinja'));
  }
  if (await folder.has('chat_template.json')) {
    return templateOf((await readJson(folder, 'chat_template.json')).chat_template, folder.name);
  }
  return undefined;
}

/** A template, or the one called `default` of a list of named ones. */
function templateOf(value: unknown, folder: string): string | undefined {
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
  if (Array.isArray(value)) {
    const named = value as ({ name?: unknown; template?: unknown } | null)[];
    const found = named.find((entry) => entry?.name === 'default')?.template;
    if (found === undefined || typeof found === 'string') return found;
  }
  throw new AttuneError(
    'tokenizer-invalid',
    `${folder}: chat_template is neither a string nor a list of named templates.`,
    'Take the tokenizer files that belong to the model.',
  );
}
