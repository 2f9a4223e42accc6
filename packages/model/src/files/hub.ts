import { AttuneError } from '@attune/gpu';
import { checkFileName, type ModelFolder, readJson } from './folder.ts';
import { ggufParts, wholeGgufs } from './gguf-shards.ts';
import type { HubRepo } from './hub-cache.ts';
import { type HubOptions, openRepo } from './hub-repo.ts';

export { type HubOptions, isHubId } from './hub-repo.ts';

/** Files of a model besides its weights. None of them is code. */
const BESIDE = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'chat_template.jinja',
  'chat_template.json',
];
const WEIGHTS = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/**
 * A model of the Hugging Face hub as a folder: its files are loaded into the hub's own cache layout (shared with
 * Python), each resumed where an earlier try stopped and taken only if size and digest are right. Without a
 * connection the cached copy of the revision is taken at once; a commit that is all there is not asked for.
 *
 * @throws AttuneError `invalid-hub-id`, `hub-not-found`, `hub-forbidden`, `hub-unreachable`, `hub-stalled`,
 * `hub-corrupt`, `hub-refused`, `hub-not-json`, `hub-not-a-file`, `not-cached`, `ambiguous-weights`,
 * `missing-weights`, `not-a-model`, `unsafe-file-name`, `storage-full`, `storage-unwritable`, `aborted`
 * @example const model = await openModel(await downloadModel('HuggingFaceTB/SmolLM2-135M', { storage: await nodeHubStorage() }));
 */
export async function downloadModel(id: string, options: HubOptions): Promise<ModelFolder> {
  const repo = await openRepo('model', id, options, (folder) => isWhole(folder, options.file));
  const there = new Set(repo.names);
  for (const file of BESIDE) if (there.has(file)) await repo.get(file);
  for (const file of await weightFiles(repo, options.file)) await repo.get(file);
  // Last, so that the ref never names a snapshot that is not whole.
  await repo.settle();
  return repo.folder;
}

/** Weights of an adapter: PEFT's, AdapterHub's, ours for biases, and the encoders beside them. */
const isAdapterFile = (file: string): boolean =>
  /^[^/]+\.safetensors$/.test(file) && !/^(model|optimizer)/.test(file);

/**
 * An adapter of the hub as a folder of PEFT's (or AdapterHub's) files; on disk its `path` is the folder to name.
 *
 * @throws AttuneError `not-an-adapter`, and those of `downloadModel`
 */
export async function downloadAdapter(id: string, options: HubOptions): Promise<ModelFolder> {
  const has = async (folder: ModelFolder) => (await folder.list()).some(isAdapterFile);
  const repo = await openRepo('model', id, options, has);
  const weights = repo.names.filter(isAdapterFile);
  if (weights.length === 0) {
    const pickled = repo.names.find((file) =>
      /^adapter_model\.bin$|^pytorch_adapter\.bin$/.test(file),
    );
    throw new AttuneError(
      'not-an-adapter',
      pickled
        ? `${id} has its adapter as ${pickled}, a pickle that runs code when it is read.`
        : `${id} has no adapter_model.safetensors.`,
      pickled
        ? 'Load it with PEFT and save it again: model.save_pretrained(FOLDER) writes safetensors.'
        : 'Name the repository of an adapter; a whole model goes into model_name_or_path.',
    );
  }
  for (const file of ['adapter_config.json', ...weights]) {
    if (repo.names.includes(file)) await repo.get(file);
  }
  await repo.settle();
  return repo.folder;
}

/** Whether a copy in the cache has all that a model needs. */
async function isWhole(folder: ModelFolder, wanted: string | undefined): Promise<boolean> {
  const names = await folder.list();
  const all = (files: readonly string[]) => files.every((file) => names.includes(file));
  if (wanted !== undefined) return all(ggufParts(wanted) ?? [wanted]);
  const ggufs = wholeGgufs(names);
  if (!names.includes('config.json')) {
    return ggufs.length === 1 && all(ggufParts(ggufs[0]!) ?? ggufs);
  }
  // Other programs load a part of a model's files.
  if (!names.includes('tokenizer.json') && ggufs.length === 0) return false;
  if (names.includes(WEIGHTS)) return true;
  if (names.includes(INDEX)) return all(await shardsOf(folder));
  return ggufs.length === 1 && all(ggufParts(ggufs[0]!) ?? ggufs);
}

async function shardsOf(folder: ModelFolder): Promise<string[]> {
  const map = (await readJson(folder, INDEX)).weight_map;
  return [...new Set(Object.values((map ?? {}) as Record<string, unknown>))].map((file) => {
    checkFileName(String(file), folder.name);
    return String(file);
  });
}

async function weightFiles(repo: HubRepo, wanted: string | undefined): Promise<string[]> {
  const { id } = repo;
  // Folders inside a repository (onnx/, original/) hold nothing that is used here.
  const names = repo.names.filter((name) => !name.includes('/'));
  if (wanted !== undefined) return ggufParts(wanted) ?? [wanted];
  if (names.includes(WEIGHTS)) return [WEIGHTS];
  if (names.includes(INDEX)) {
    await repo.get(INDEX);
    return shardsOf(repo.folder);
  }
  const ggufs = wholeGgufs(names);
  if (ggufs.length === 1) return ggufParts(ggufs[0]!) ?? ggufs;
  if (ggufs.length > 1) {
    throw new AttuneError(
      'ambiguous-weights',
      `${id} has ${ggufs.length} GGUF files: ${ggufs.slice(0, 12).join(', ')}.`,
      'Name the one to use.',
    );
  }
  if (names.includes('adapter_config.json')) {
    throw new AttuneError(
      'not-a-model',
      `${id} is an adapter (adapter_config.json), not a model.`,
      'Name it in adapter_name_or_path, and its base model in model_name_or_path.',
    );
  }
  const pickled = names.find((name) => /\.(bin|pt|pth)$/.test(name));
  throw new AttuneError(
    'missing-weights',
    `${id} has no weights in safetensors or GGUF${pickled ? `, only ${pickled}` : ''}.`,
    'Choose a model with weights in one of these forms (.bin and .pt files run code and are not read).',
  );
}
