import { AttuneError } from '@attune/gpu';
import { elements } from '@attune/kernels';
import {
  bytesFromMemory,
  type ModelConfig,
  readSafetensors,
  writeSafetensors,
} from '@attune/model';
import { adapterConfigFile, adapterWeightsFile, configBytes } from './adapter-names.ts';
import { adapterHubFile, isAdapterHub } from './bottleneck/bottleneck-files.ts';
import { bottleneckFromFiles } from './bottleneck/read-bottleneck.ts';
import { classifierModules, isLora, type LoraConfig, type LoraMethod, loraTuning } from './lora.ts';
import type { SaveOptions, TuningMethod } from './method.ts';
import { virtualFromFiles } from './virtual/virtual-files.ts';
import { encoderFile } from './virtual/virtual-method.ts';

export { adapterConfigFile, adapterWeightsFile } from './adapter-names.ts';

const prefix = 'base_model.model.';

/** A PEFT adapter as it lies on disk: its config as JSON, and every tensor in float32 by file key. */
export interface AdapterFiles {
  readonly config: Record<string, unknown>;
  readonly tensors: FileTensors;
  /** What made the virtual tokens, where its own file lies beside PEFT's. */
  readonly encoder?: FileTensors;
}

type FileTensors = ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>;

/**
 * Reads PEFT's two files (or AdapterHub's), and that of an encoder where `read` has one.
 * @throws AttuneError `bad-adapter-config`, `unsupported-peft-type`, and those of the safetensors reader
 */
export async function readAdapter(
  read: (file: string) => Promise<Uint8Array>,
): Promise<AdapterFiles> {
  const text = new TextDecoder().decode(await read(adapterConfigFile));
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (cause) {
    throw badConfig('is not JSON', { cause });
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw badConfig('holds no object');
  }
  const json = config as Record<string, unknown>;
  const weights = isAdapterHub(json) ? adapterHubFile : adapterWeightsFile;
  const tensors = await tensorsOf(await read(weights), weights);
  const made = ['PREFIX_TUNING', 'P_TUNING'].includes(String(json.peft_type));
  const own = made ? await read(encoderFile).catch(() => undefined) : undefined;
  return { config: json, tensors, ...(own && { encoder: await tensorsOf(own, encoderFile) }) };
}

async function tensorsOf(bytes: Uint8Array, name: string): Promise<FileTensors> {
  const file = await readSafetensors(bytesFromMemory(bytes, name));
  const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const name of file.names()) {
    tensors.set(name, { shape: file.info(name).shape, data: await file.float32(name) });
  }
  return tensors;
}

/**
 * A method and its tensors (by trained name) from PEFT's or AdapterHub's files.
 * @throws AttuneError `unsupported-peft-type`, and those of the method's own reader
 */
export function adapterFromFiles(
  model: ModelConfig,
  files: AdapterFiles,
): { method: TuningMethod; values: Map<string, Float32Array> } {
  if (isAdapterHub(files.config)) return bottleneckFromFiles(model, files);
  const type = files.config.peft_type;
  if (type === 'PREFIX_TUNING' || type === 'PROMPT_TUNING' || type === 'P_TUNING') {
    return virtualFromFiles(model, files);
  }
  return loraFromFiles(model, files);
}

function badConfig(what: string, options?: ErrorOptions): AttuneError {
  return new AttuneError(
    'bad-adapter-config',
    `${adapterConfigFile} ${what}.`,
    'Point to the folder that PEFT wrote.',
    options,
  );
}

/** LoraConfig from `adapter_config.json`. */
export function loraConfigFromFile(config: Record<string, unknown>): LoraConfig {
  if (config.peft_type !== 'LORA') {
    throw new AttuneError(
      'unsupported-peft-type',
      `The adapter's peft_type is ${JSON.stringify(config.peft_type)}; LORA, PREFIX_TUNING, PROMPT_TUNING and P_TUNING are read here.`,
      'Use an adapter of one of these.',
    );
  }
  for (const [key, wanted] of [
    ['use_dora', false],
    ['fan_in_fan_out', false],
    ['bias', 'none'],
    ['lora_bias', false],
  ] as const) {
    if (config[key] != null && config[key] !== wanted) {
      throw new AttuneError(
        'unsupported-adapter',
        `The adapter has ${key} = ${JSON.stringify(config[key])}, which is not computed here.`,
        'Use a plain LoRA adapter.',
      );
    }
  }
  const target = config.target_modules;
  if (
    typeof target !== 'string' &&
    !(Array.isArray(target) && target.every((t) => typeof t === 'string'))
  ) {
    throw badConfig('names no target_modules');
  }
  const number = (key: string, fallback: number): number => {
    const value = config[key] ?? fallback;
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw badConfig(`has ${key} = ${JSON.stringify(value)}, not a number`);
    }
    return value;
  };
  return {
    targetModules: target as string | string[],
    r: number('r', 8),
    loraAlpha: number('lora_alpha', 8),
    loraDropout: number('lora_dropout', 0),
    useRslora: config.use_rslora === true,
    excludeModules: (config.exclude_modules ?? null) as string[] | null,
    layersToTransform: (config.layers_to_transform ?? null) as number[] | null,
    modulesToSave: (config.modules_to_save ?? null) as string[] | null,
    ...(config.task_type === 'SEQ_CLS' && { taskType: 'SEQ_CLS' as const }),
    rankPattern: (config.rank_pattern ?? {}) as Record<string, number>,
    alphaPattern: (config.alpha_pattern ?? {}) as Record<string, number>,
    initLoraWeights: (config.init_lora_weights ?? true) === 'gaussian' ? 'gaussian' : true,
  };
}

/** A method and its tensors (by trained name) from PEFT's files; every tensor must be there in its shape. */
export function loraFromFiles(
  model: ModelConfig,
  { config, tensors }: AdapterFiles,
): { method: LoraMethod; values: Map<string, Float32Array> } {
  const method = loraTuning(model, loraConfigFromFile(config));
  const values = new Map<string, Float32Array>();
  const left = new Set(tensors.keys());
  for (const { name, shape } of method.tensors) {
    const found = tensors.get(prefix + name);
    if (!found) {
      throw new AttuneError(
        'missing-tensor',
        `${adapterWeightsFile} has no ${prefix}${name}, which adapter_config.json implies.`,
        'The adapter belongs to another model or is incomplete.',
      );
    }
    if (String(found.shape) !== String(shape)) {
      throw new AttuneError(
        'wrong-shape',
        `${prefix}${name} is [${found.shape}] in the adapter; this model and its config make it [${shape}].`,
        'Use the base model that the adapter was trained on.',
      );
    }
    left.delete(prefix + name);
    values.set(name, found.data);
  }
  const extra = [...left][0];
  if (extra) {
    throw new AttuneError(
      'unknown-tensor',
      `${adapterWeightsFile} holds ${extra} (and ${left.size - 1} more) that adapter_config.json does not name.`,
      'The adapter belongs to another model or was made by a method that is not computed here.',
    );
  }
  return { method, values };
}

/**
 * The files of an adapter by name: PEFT's two for LoRA and what PEFT knows. Keys of `base` (an adapter that was
 * read) that are unknown here stay.
 */
export function writeAdapter(
  method: TuningMethod,
  values: ReadonlyMap<string, Float32Array>,
  options: SaveOptions,
): Map<string, Uint8Array> {
  if (method.save) return method.save(values, options);
  if (isLora(method)) return writeLora(method, values, options);
  throw new AttuneError(
    'no-adapter',
    `${method.kind} trains the model's own weights and has no adapter.`,
    'Save the model, or train an adapter.',
  );
}

function writeLora(
  method: LoraMethod,
  values: ReadonlyMap<string, Float32Array>,
  { baseModel, base = {} }: SaveOptions,
): Map<string, Uint8Array> {
  const { config } = method;
  const paths =
    config.targetModules === 'all-linear' || String(config.targetModules) === 'all-linear';
  const taskType = config.taskType ?? 'CAUSAL_LM';
  const saved = new Set([
    ...(config.modulesToSave ?? []),
    ...(taskType === 'SEQ_CLS' ? classifierModules : []),
  ]);
  const names = [...new Set(method.layers.map(({ path }) => path.split('.').at(-1)!))];
  const json: Record<string, unknown> = {
    ...base,
    base_model_name_or_path: baseModel,
    bias: 'none',
    exclude_modules: config.excludeModules ?? null,
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: config.initLoraWeights ?? true,
    layers_to_transform: config.layersToTransform ?? null,
    lora_alpha: config.loraAlpha ?? 8,
    lora_dropout: config.loraDropout ?? 0,
    modules_to_save: saved.size > 0 ? [...saved] : null,
    peft_type: 'LORA',
    r: config.r ?? 8,
    rank_pattern: config.rankPattern ?? {},
    alpha_pattern: config.alphaPattern ?? {},
    revision: base.revision ?? null,
    target_modules: paths ? names : config.targetModules,
    task_type: base.task_type ?? taskType,
    use_dora: false,
    use_rslora: config.useRslora ?? false,
  };
  const tensors = method.tensors.map(({ name, shape }) => {
    const data = values.get(name)!;
    if (data.length !== elements(shape)) throw badConfig(`lists ${name} in another size`);
    return {
      name: prefix + name,
      dtype: 'F32' as const,
      shape: [...shape],
      data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    };
  });
  return new Map<string, Uint8Array>([
    [adapterConfigFile, configBytes(json)],
    [adapterWeightsFile, writeSafetensors(tensors, { format: 'pt' })],
  ]);
}
