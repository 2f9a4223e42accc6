import { AttuneError } from '@attune/gpu';
import type { ModelConfig } from '../config/config.ts';
import { parseConfig } from '../config/parse.ts';
import { baseModelNames } from './base-model.ts';
import { type ByteSource, bytesFromBlob, bytesFromPath, nodeFiles, unreadable } from './bytes.ts';
import { checkVocabulary, checkWeights } from './check-weights.ts';
import { folderFromFiles, folderFromPath, type ModelFolder, readJson } from './folder.ts';
import type { GgufFile } from './gguf.ts';
import { configFromGguf, reconcileConfig } from './gguf-config.ts';
import { openGguf, wholeGgufs } from './gguf-shards.ts';
import { ggufWeights } from './gguf-weights.ts';
import { openTokenizer, type TokenizerFiles } from './open-tokenizer.ts';
import { openSafetensors } from './sharded.ts';
import { tiedAsStored } from './tied.ts';
import type { WeightSource } from './weights.ts';

/** A model whose files have been checked; weights are read when they are asked for. */
export interface OpenModel {
  config: ModelConfig;
  /** config.json, or what a GGUF's metadata stands for in its words: to be written beside changed weights. */
  rawConfig: Record<string, unknown>;
  weights: WeightSource;
  files: ModelFolder;
  generationConfig?: Record<string, unknown>;
  /** The GGUF file behind the weights, if it is one: its metadata and its own tensor names. */
  gguf?: GgufFile;
  /** @throws AttuneError when read, if the model came without a tokenizer that can be used: `missing-tokenizer`, … */
  readonly tokenizer: TokenizerFiles;
}

/**
 * Opens a model: a folder (config.json with safetensors or one GGUF; or a GGUF alone) or a GGUF file, whole or
 * in the parts of llama-gguf-split. Paths
 * need Node or Deno; in a browser pass a folder made by `folderFromFiles`, or a Blob of a GGUF.
 *
 * Checked here: every length and offset of the files, the config, and that every tensor it asks for is there
 * with the right shape and a readable type.
 *
 * @throws AttuneError `file-not-found`, `missing-weights`, `missing-tensor`, `wrong-shape`, `unsupported-dtype`,
 * `unknown-model-type`, `vocabulary-mismatch`, and those of the readers
 * @example const model = await openModel('models/SmolLM2-135M'); const w = await model.weights.float32('model.norm.weight');
 */
export async function openModel(
  input: string | ModelFolder | ByteSource | Blob,
): Promise<OpenModel> {
  const source = await resolve(input);
  if ('open' in source) return openFolder(source);
  const gguf = await openGguf(
    source,
    typeof input === 'string' ? (file) => bytesFromPath(sibling(input, file)) : undefined,
  );
  const files = folderFromFiles(new Map([['model.gguf', source]]), source.name);
  return finish(files, await configFromGguf(gguf), gguf);
}

async function resolve(
  input: string | ModelFolder | ByteSource | Blob,
): Promise<ModelFolder | ByteSource> {
  if (typeof input !== 'string') return input instanceof Blob ? bytesFromBlob(input) : input;
  const files = await nodeFiles();
  const stat = await files.stat(input).catch((cause: unknown) => {
    throw unreadable(input, cause);
  });
  if (stat.isDirectory()) return folderFromPath(input);
  if (/\.safetensors$/i.test(input)) {
    throw new AttuneError(
      'not-a-model',
      `${input} holds weights only.`,
      'Give the folder it lies in, which has config.json and tokenizer.json too.',
    );
  }
  return bytesFromPath(input);
}

const sibling = (path: string, file: string): string =>
  path.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1) + file;

async function openFolder(folder: ModelFolder): Promise<OpenModel> {
  const safetensors = await openSafetensors(folder);
  if (safetensors !== undefined) {
    if (!(await folder.has('config.json'))) {
      throw new AttuneError(
        'file-not-found',
        `${folder.name} has weights but no config.json.`,
        'Add the config.json of the model.',
      );
    }
    return finish(folder, await readJson(folder, 'config.json'), safetensors);
  }
  const file = await folder.open(await onlyGguf(folder));
  const gguf = await openGguf(file, (part) => folder.open(part));
  if (!(await folder.has('config.json'))) return finish(folder, await configFromGguf(gguf), gguf);
  const rawConfig = await reconcileConfig(
    await readJson(folder, 'config.json'),
    gguf,
    `${folder.name}/config.json`,
  );
  return finish(folder, rawConfig, gguf);
}

async function onlyGguf(folder: ModelFolder): Promise<string> {
  const files = await folder.list();
  const found = wholeGgufs(files);
  if (found.length === 1) return found[0]!;
  if (found.length === 0 && files.includes('adapter_config.json')) {
    throw new AttuneError(
      'missing-weights',
      `${folder.name} holds an adapter, not a model.`,
      'Name it as adapter_name_or_path, and the base model that it was trained on as model_name_or_path.',
    );
  }
  throw new AttuneError(
    found.length === 0 ? 'missing-weights' : 'ambiguous-weights',
    found.length === 0
      ? `${folder.name} has no model.safetensors, no model.safetensors.index.json and no .gguf file.`
      : `${folder.name} has ${found.length} GGUF files: ${found.slice(0, 8).join(', ')}.`,
    found.length === 0
      ? 'Give a folder with weights in one of these forms (.bin and .pt files run code and are not read).'
      : 'Give the path of the one to use.',
  );
}

async function finish(
  files: ModelFolder,
  stated: Record<string, unknown>,
  file: GgufFile | WeightSource,
): Promise<OpenModel> {
  const gguf = 'metadata' in file && 'version' in file ? file : undefined;
  const beside = gguf === undefined || (await files.has('config.json'));
  const parsed = parseConfig(stated, beside ? `${files.name}/config.json` : gguf.name);
  const read = gguf === undefined ? baseModelNames(file, parsed) : ggufWeights(gguf, parsed);
  const parts = { config: parsed, rawConfig: stated, weights: read };
  const { config, rawConfig, weights } = await tiedAsStored(parts);
  checkWeights(config, weights, files.name);

  let tokenizer: TokenizerFiles | undefined;
  let fault: unknown;
  try {
    tokenizer = await openTokenizer(files, gguf);
  } catch (error) {
    // A model without a tokenizer still computes logits from ids; the error waits for who needs one.
    if (!isAbsence(error)) throw error;
    fault = error;
  }
  if (tokenizer !== undefined) checkVocabulary(tokenizer.tokenizerJson, config, files.name);
  const generationConfig = (await files.has('generation_config.json'))
    ? await readJson(files, 'generation_config.json')
    : undefined;
  return {
    config,
    rawConfig,
    weights,
    files,
    ...(generationConfig && { generationConfig }),
    ...(gguf && { gguf }),
    get tokenizer() {
      if (tokenizer === undefined) throw fault;
      return tokenizer;
    },
  };
}

function isAbsence(error: unknown): boolean {
  const code = error instanceof AttuneError ? error.code : '';
  return code === 'missing-tokenizer' || code === 'tokenizer-unsupported';
}
