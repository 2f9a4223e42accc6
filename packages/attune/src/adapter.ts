import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AttuneError } from '@attune/gpu';
import { expectedTensors, type OpenModel, type WeightSource } from '@attune/model';
import {
  adapterFromFiles,
  adapterHubFile,
  bitFitFile,
  bitFitFromValues,
  isLora,
  type LoraMethod,
  mergedWeights,
  readAdapter,
  readBiases,
  replacedWeights,
  type TuningMethod,
  withBiases,
} from '@attune/peft';
import { readFileOf } from './files.ts';

/** An adapter that was read: what it changes, and its tensors by trained name. */
export interface LoadedAdapter<M extends TuningMethod = TuningMethod> {
  readonly method: M;
  readonly values: ReadonlyMap<string, Float32Array>;
  /** adapter_config.json as it was; BitFit has none. */
  readonly config: Record<string, unknown>;
}

/** The adapter in a folder of PEFT's files, or of biases. @throws AttuneError `adapter-missing` and those of `@attune/peft` */
export async function findAdapter(path: string, model: OpenModel): Promise<LoadedAdapter> {
  if (await holdsBiases(path)) {
    const values = await biasesOf(path);
    return { method: bitFitFromValues(model.config, values), values, config: {} };
  }
  const files = await readAdapter(async (file) => {
    if (file === adapterHubFile) await expectSafetensors(path);
    return readFileOf(path, file, 'adapter-missing');
  });
  return { ...adapterFromFiles(model.config, files), config: files.config };
}

/** AdapterHub's default file is a pickle, which runs code when it is read. */
async function expectSafetensors(path: string): Promise<void> {
  if ((await there(path, adapterHubFile)) || !(await there(path, 'pytorch_adapter.bin'))) return;
  throw new AttuneError(
    'unsupported-adapter',
    `${path} has its weights in pytorch_adapter.bin, a pickle, which is not read here.`,
    'Write them with save_adapter(folder, name, use_safetensors=True).',
  );
}

/** The model as the biases in a folder want it: with such of zero where its own layers have none. */
export async function modelForBiases(model: OpenModel, path: string): Promise<OpenModel> {
  if (!(await holdsBiases(path))) return model;
  const own = new Set([...expectedTensors(model.config)].map(({ name }) => name));
  const more = [...(await biasesOf(path)).keys()].some((name) => !own.has(name));
  return more ? biased(model) : model;
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

export const holdsBiases = (path: string) => there(path, bitFitFile);

async function there(path: string, file: string): Promise<boolean> {
  return stat(join(path, file)).then(
    () => true,
    () => false,
  );
}

async function biasesOf(path: string): Promise<Map<string, Float32Array>> {
  return readBiases(await readFileOf(path, bitFitFile, 'adapter-missing'));
}
