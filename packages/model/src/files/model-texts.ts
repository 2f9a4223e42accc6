import { parseConfig } from '../config/parse.ts';
import { bytesFromMemory } from './bytes.ts';
import type { ModelFolder } from './folder.ts';
import type { OpenModel } from './open.ts';
import type { TokenizerFiles } from './open-tokenizer.ts';

/** The texts beside a model's weights that may be taken from elsewhere. */
export interface ModelTexts {
  rawConfig?: Record<string, unknown>;
  generationConfig?: Record<string, unknown>;
  tokenizer?: TokenizerFiles;
}

/**
 * A model with other texts in place of its own: what is read from it, and what a save copies from its files, is then
 * these. Weights stay where they are.
 *
 * @throws AttuneError those of the config
 */
export function withTexts(model: OpenModel, texts: ModelTexts): OpenModel {
  const { rawConfig, generationConfig, tokenizer } = texts;
  const files = new Map<string, string>();
  const add = (file: string, value: unknown): void => {
    files.set(file, `${JSON.stringify(value, null, 2)}\n`);
  };
  if (rawConfig) add('config.json', rawConfig);
  if (generationConfig) add('generation_config.json', generationConfig);
  if (tokenizer) {
    const { tokenizerJson, tokenizerConfig, chatTemplate } = tokenizer;
    add('tokenizer.json', tokenizerJson);
    if (tokenizerConfig) add('tokenizer_config.json', tokenizerConfig);
    if (chatTemplate !== undefined) files.set('chat_template.jinja', chatTemplate);
  }
  if (files.size === 0) return model;
  const folder = withFiles(model.files, files);
  const raw = rawConfig ?? model.rawConfig;
  const generation = generationConfig ?? model.generationConfig;
  return {
    config: rawConfig ? parseConfig(rawConfig, `${model.files.name}/config.json`) : model.config,
    rawConfig: raw,
    weights: model.weights,
    files: folder,
    ...(generation && { generationConfig: generation }),
    ...(model.gguf && { gguf: model.gguf }),
    // Read when it is asked for: a model may have none.
    get tokenizer() {
      return tokenizer ?? model.tokenizer;
    },
  };
}

/** A folder with some files in place of its own. */
function withFiles(folder: ModelFolder, files: ReadonlyMap<string, string>): ModelFolder {
  const encoder = new TextEncoder();
  return {
    name: folder.name,
    has: async (file) => files.has(file) || folder.has(file),
    list: async () => [...new Set([...(await folder.list()), ...files.keys()])].sort(),
    open: async (file) => {
      const text = files.get(file);
      if (text === undefined) return folder.open(file);
      return bytesFromMemory(encoder.encode(text), `${folder.name}/${file}`);
    },
    ...(folder.subfolder && { subfolder: (name: string) => folder.subfolder!(name) }),
  };
}
