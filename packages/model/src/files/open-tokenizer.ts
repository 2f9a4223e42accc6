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
  /** Further templates by name, such as `tool_use`, which is taken where tools are given. */
  namedTemplates?: Record<string, string>;
}

/**
 * The tokenizer of a model folder, else of its GGUF file's own metadata.
 * @throws AttuneError `missing-tokenizer`, `tokenizer-unsupported`, `invalid-json`, `tokenizer-invalid`
 */
export async function openTokenizer(folder: ModelFolder, gguf?: GgufFile): Promise<TokenizerFiles> {
  if (await folder.has('tokenizer.json')) return fromFolder(folder);
  if (gguf !== undefined) return { ...tokenizerFromGguf(gguf), ...(await templateFiles(folder)) };
  throw new AttuneError(
    'missing-tokenizer',
    `${folder.name} has no tokenizer.json.`,
    'Add the tokenizer.json of the model (and tokenizer_config.json, for its special tokens).',
  );
}

async function fromFolder(folder: ModelFolder): Promise<TokenizerFiles> {
  const tokenizerJson = await readJson(folder, 'tokenizer.json');
  const config = await readConfig(folder);
  const written = await templateFiles(folder);
  return {
    tokenizerJson,
    ...(config && { tokenizerConfig: config }),
    ...(written ?? templatesOf(config?.chat_template, folder.name)),
  };
}

/**
 * tokenizer_config.json. Folders from before it held the tokens' own settings (`added_tokens_decoder`) have them in
 * special_tokens_map.json, whose names win, and added_tokens.json, as in transformers.
 */
async function readConfig(folder: ModelFolder): Promise<Record<string, unknown> | undefined> {
  const read = async (file: string) =>
    (await folder.has(file)) ? readJson(folder, file) : undefined;
  const config = await read('tokenizer_config.json');
  if (config && 'added_tokens_decoder' in config) return config;
  const roles = await read('special_tokens_map.json');
  const added = await read('added_tokens.json');
  if (!roles && !added) return config;
  const decoder = Object.fromEntries(
    Object.entries(added ?? {}).map(([content, id]) => [String(id), { content, special: false }]),
  );
  return { ...config, ...roles, ...(added && { added_tokens_decoder: decoder }) };
}

/** chat_template.jinja now, chat_template.json in between; both win over tokenizer_config.json. */
async function templateFiles(folder: ModelFolder): Promise<Templates | undefined> {
  const named: Record<string, string> = {};
  const more = await folder.subfolder?.('additional_chat_templates');
  for (const file of (await more?.list()) ?? []) {
    if (file.endsWith('.jinja')) {
      named[file.slice(0, -'.jinja'.length)] = await readText(await more!.open(file));
    }
  }
  const others = Object.keys(named).length > 0 && { namedTemplates: named };
  if (await folder.has('chat_template.jinja')) {
    return { chatTemplate: await readText(await folder.open('chat_template.jinja')), ...others };
  }
  if (await folder.has('chat_template.json')) {
    const value = (await readJson(folder, 'chat_template.json')).chat_template;
    return { ...templatesOf(value, folder.name), ...others };
  }
  return others || undefined;
}

type Templates = Pick<TokenizerFiles, 'chatTemplate' | 'namedTemplates'>;

/** A template, or a list of named ones, of which `default` is the first to be taken. */
function templatesOf(value: unknown, folder: string): Templates {
  if (value === undefined || value === null) return {};
  if (typeof value === 'string') return { chatTemplate: value };
  const named = (Array.isArray(value) ? value : []) as ({
    name?: unknown;
    template?: unknown;
  } | null)[];
  const entries = named.map((entry) => [entry?.name, entry?.template]);
  if (entries.length > 0 && entries.flat().every((text) => typeof text === 'string')) {
    const { default: chatTemplate, ...namedTemplates } = Object.fromEntries(entries) as Record<
      string,
      string
    >;
    return {
      ...(chatTemplate !== undefined && { chatTemplate }),
      ...(Object.keys(namedTemplates).length > 0 && { namedTemplates }),
    };
  }
  throw new AttuneError(
    'tokenizer-invalid',
    `${folder}: chat_template is neither a string nor a list of named templates.`,
    'Take the tokenizer files that belong to the model.',
  );
}
