import { AttuneError } from '@attune/gpu';
import {
  expectedTensors,
  folderFromPath,
  type ModelFolder,
  type OpenModel,
  scoreModel,
  type WeightSource,
} from '@attune/model';
import {
  adapterConfigFile,
  adapterFromFiles,
  adapterHubFile,
  bitFitFile,
  bitFitFromValues,
  isLora,
  type LoraMethod,
  loraConfigFromFile,
  mergedWeights,
  readAdapter,
  readBiases,
  replacedWeights,
  type TuningMethod,
  withBiases,
} from '@attune/peft';
import { paddingOf } from './tokenizer.ts';

/** An adapter that was read: what it changes, and its tensors by trained name. */
export interface LoadedAdapter<M extends TuningMethod = TuningMethod> {
  readonly method: M;
  readonly values: ReadonlyMap<string, Float32Array>;
  /** adapter_config.json as it was; BitFit has none. */
  readonly config: Record<string, unknown>;
}

/** A folder of an adapter's files: its path, or files by name (`folderFromFiles`). */
export type AdapterSource = string | ModelFolder;

/** @throws AttuneError `adapter-missing` */
export async function adapterFolder(source: AdapterSource): Promise<ModelFolder> {
  if (typeof source !== 'string') return source;
  return folderFromPath(source).catch((cause: unknown) => {
    throw new AttuneError(
      'adapter-missing',
      `${source} cannot be read as a folder: ${(cause as Error).message}`,
      'Name the folder that holds adapter_config.json and adapter_model.safetensors.',
      { cause },
    );
  });
}

/** A file of the folder, whole. @throws AttuneError `adapter-missing` */
async function fileOf(folder: ModelFolder, file: string): Promise<Uint8Array> {
  if (await folder.has(file)) {
    const source = await folder.open(file);
    return source.read(0, source.size);
  }
  throw new AttuneError(
    'adapter-missing',
    `${folder.name}/${file} does not exist.`,
    `Name the folder that holds ${file}.`,
  );
}

/** The adapter in a folder of PEFT's files, or of biases. @throws AttuneError `adapter-missing` and those of `@attune/peft` */
export async function findAdapter(
  source: AdapterSource,
  { config }: Pick<OpenModel, 'config'>,
): Promise<LoadedAdapter> {
  const folder = await adapterFolder(source);
  if (await folder.has(bitFitFile)) {
    const values = await readBiases(await fileOf(folder, bitFitFile));
    return { method: bitFitFromValues(config, values), values, config: {} };
  }
  const files = await readAdapter(async (file) => {
    if (file === adapterHubFile) await expectSafetensors(folder);
    return fileOf(folder, file);
  });
  return { ...adapterFromFiles(config, files), config: files.config };
}

/** AdapterHub's default file is a pickle, which runs code when it is read. */
async function expectSafetensors(folder: ModelFolder): Promise<void> {
  if ((await folder.has(adapterHubFile)) || !(await folder.has('pytorch_adapter.bin'))) return;
  throw new AttuneError(
    'unsupported-adapter',
    `${folder.name} has its weights in pytorch_adapter.bin, a pickle, which is not read here.`,
    'Write them with save_adapter(folder, name, use_safetensors=True).',
  );
}

/**
 * The model as the adapter in a folder wants it: under a score head where the adapter brings one, as
 * those of `attune reward` and of PEFT's SEQ_CLS do; with the biases that BitFit added; else as it is.
 */
export async function modelForAdapter(model: OpenModel, source: AdapterSource): Promise<OpenModel> {
  const folder = await adapterFolder(source);
  if (await folder.has(bitFitFile)) {
    const own = new Set([...expectedTensors(model.config)].map(({ name }) => name));
    const values = await readBiases(await fileOf(folder, bitFitFile));
    return [...values.keys()].some((name) => !own.has(name)) ? biased(model) : model;
  }
  const bytes = await fileOf(folder, adapterConfigFile);
  let config: Record<string, unknown>;
  try {
    config = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    // Whoever reads the adapter says what is wrong with its config.
    return model;
  }
  if (model.config.head === 'score' || config?.peft_type !== 'LORA') return model;
  const { taskType, modulesToSave } = loraConfigFromFile(config);
  const bringsHead = taskType === 'SEQ_CLS' || modulesToSave?.includes('score');
  return bringsHead ? padded(model) : model;
}

/**
 * A reward model: one with a score head, or a language model under an adapter that brings the head.
 * @throws AttuneError `missing-score-head`
 */
export async function rewardModelOf(model: OpenModel, adapter?: AdapterSource): Promise<OpenModel> {
  const fitted = adapter === undefined ? model : await modelForAdapter(model, adapter);
  if (fitted.config.head === 'score') return padded(fitted);
  throw new AttuneError(
    'missing-score-head',
    `${model.files.name} is a language model${adapter === undefined ? '' : ', and the adapter brings no score head'}.`,
    'Name what attune reward left; where that is an adapter: --model_name_or_path BASE --adapter_name_or_path ADAPTER.',
  );
}

/** Padding is the config's; else the tokenizer's, as in training; a model without either has none. */
function padded(model: OpenModel): OpenModel {
  const { head, padTokenId } = model.config;
  if (head === 'score' && padTokenId !== null) return scoreModel(model);
  return scoreModel(model, { padTokenId: paddingOf(model) });
}

/** The model with a bias on every linear layer. */
export function biased(model: OpenModel): OpenModel {
  return {
    ...withBiases(model),
    files: model.files,
    ...(model.generationConfig && { generationConfig: model.generationConfig }),
    get tokenizer() {
      return model.tokenizer;
    },
  };
}

/**
 * The model's weights with the adapter in them, and whether its output layer parted from the embedding table.
 * @throws AttuneError `unsupported-adapter` for what is not of a weight's form
 */
export function mergedModel(
  { config, weights }: OpenModel,
  adapter: LoadedAdapter,
): { weights: WeightSource; untied: boolean } {
  if (adapter.method.kind === 'BITFIT') {
    return { weights: replacedWeights(weights, adapter.values), untied: false };
  }
  const { method, values } = needLora(adapter, 'cannot be added into the weights');
  return {
    weights: mergedWeights(weights, method, values),
    untied: config.tieWordEmbeddings && method.saved.includes('lm_head.weight'),
  };
}

/** @throws AttuneError `unsupported-adapter` where only LoRA will do */
export function needLora(
  { method, values, config }: LoadedAdapter,
  purpose: string,
): LoadedAdapter<LoraMethod> {
  if (isLora(method)) return { method, values, config };
  throw new AttuneError(
    'unsupported-adapter',
    `The adapter is of the kind ${method.kind}, which ${purpose}.`,
    'Use it beside its base model: --adapter_name_or_path.',
  );
}
