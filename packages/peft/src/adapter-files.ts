import { AttuneError, type ErrorCode } from '@attune/gpu';
import {
  downloadAdapter,
  folderFromPath,
  hubEnvironment,
  isHubId,
  type ModelConfig,
  type ModelFolder,
  nodeHubStorage,
  type OpenModel,
  scoreModel,
} from '@attune/model';
import { adapterConfigFile } from './adapter-names.ts';
import { tensorsOf } from './adapter-tensors.ts';
import {
  type AdapterFiles,
  type ReadAdapter,
  type TunedParts,
  type TuningKind,
  tokenizerOf,
} from './kind.ts';
import { isLora, type LoraMethod } from './lora/lora.ts';
import { type ModelParts, type TuningMethod, withParts } from './method.ts';
import { kindOf, kinds } from './methods.ts';

/** An adapter that was read, and the model that it tunes. */
export interface OpenAdapter<M extends TunedParts = TunedParts> extends ReadAdapter {
  /** The opened model, or that with what the adapter adds to it (biases, a score head). */
  readonly model: M;
  /** adapter_config.json as it was; {} for BitFit, which has none. */
  readonly config: Record<string, unknown>;
}

export interface OpenAdapterOptions {
  /** Training is to go on from it: all that trained must be there. Default false. */
  readonly training?: boolean;
  /** A language model gets the score head that a reward model's adapter brings; otherwise such a one is refused. */
  readonly scores?: boolean;
  /** The kind that it has to be. */
  readonly peftType?: string | null;
}

/**
 * Opens an adapter in a folder, or of the hub, whoever wrote it: PEFT's files, AdapterHub's, or the biases of BitFit. Reading,
 * merging, exporting and training all begin here.
 * @throws AttuneError `adapter-missing`, `unsupported-peft-type`, `unsupported-adapter` for a key that is not at its
 * default and not done here and for pickles, `bad-adapter-config`, `missing-tensor`, `wrong-shape`, `unknown-tensor`,
 * `encoder-missing`, and those of the safetensors reader
 * @example const { model, method, values } = await openAdapter('out', await openModel('SmolLM2-135M'));
 */
export async function openAdapter<M extends TunedParts>(
  folder: string | ModelFolder,
  model: M,
  { training = false, scores = false, peftType }: OpenAdapterOptions = {},
): Promise<OpenAdapter<M>> {
  const files = typeof folder === 'string' ? await adapterFolder(folder) : folder;
  const read = async (file: string) => {
    const source = await files.open(file);
    return source.read(0, source.size);
  };
  const names = new Set(await files.list());
  const config = names.has(adapterConfigFile) ? parsed(await read(adapterConfigFile)) : undefined;
  const kind = ofFile(() => kindOfFiles(names, config, files.name));
  if (peftType != null && peftType !== kind.peftType) {
    throw new AttuneError(
      'bad-value',
      `peft_type is ${peftType}, but the adapter in ${files.name} is of the kind ${kind.peftType}.`,
      'Leave out one of the two.',
    );
  }
  const { weights, beside, bringsScoreHead } = kind.files;
  if (!names.has(weights)) throw noWeights(names, weights, files.name);
  const found: AdapterFiles = {
    config: config ?? {},
    tensors: await tensorsOf(await read(weights), weights),
    ...(beside && names.has(beside) && { encoder: await tensorsOf(await read(beside), beside) }),
  };
  const brings = scores && ofFile(() => bringsScoreHead?.(found.config));
  const headed = brings ? withScoreHead(model) : model;
  const adapter = ofFile(() => kind.files.read(headed, found));
  if (training && adapter.lacks !== undefined) {
    throw new AttuneError(
      'encoder-missing',
      `The adapter in ${files.name} has only what an encoder made, not the encoder (${adapter.lacks}).`,
      `Start from a folder that attune left, put the encoder's weights beside as ${adapter.lacks}, or begin anew without adapter_name_or_path.`,
    );
  }
  return { ...adapter, model: adapter.method.modelFor(headed), config: found.config };
}

/** Codes of what a caller gave, and what they are called where a file says it. */
const codesOfFiles: Readonly<Record<string, ErrorCode>> = {
  'bad-value': 'bad-adapter-config',
  'missing-key': 'bad-adapter-config',
  'key-not-done': 'unsupported-adapter',
};

/** Longer messages are those of files that hold something long where a word was expected. */
const longest = 600;

/**
 * What is wrong with a key in a file is the file's fault, not that of whoever called. What the file says is shown
 * without control characters, and not at any length.
 */
function ofFile<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof AttuneError)) throw cause;
    const shown = cause.message.replace(/\p{Cc}/gu, '?');
    const message = shown.length > longest ? `${shown.slice(0, longest)}…` : shown;
    const code = codesOfFiles[cause.code] ?? cause.code;
    throw new AttuneError(code, message, cause.remedy, { cause });
  }
}

async function adapterFolder(path: string): Promise<ModelFolder> {
  try {
    return await folderFromPath(path);
  } catch (cause) {
    if (!(cause instanceof AttuneError)) throw cause;
    if (isHubId(path)) return hubAdapter(path, cause);
    throw new AttuneError(
      'adapter-missing',
      `${path} is no folder with an adapter: ${cause.message}`,
      `Name the folder that holds ${adapterConfigFile}.`,
      { cause },
    );
  }
}

/** An adapter of the hub, by what the environment says of the hub. */
async function hubAdapter(id: string, nothing: AttuneError): Promise<ModelFolder> {
  try {
    return await downloadAdapter(id, {
      storage: await nodeHubStorage(),
      ...(await hubEnvironment()),
    });
  } catch (cause) {
    if (!(cause instanceof AttuneError)) throw cause;
    throw new AttuneError(
      'adapter-missing',
      `${nothing.message} Nor is there an adapter of that name on the hub: ${cause.message}`,
      cause.remedy,
      { cause },
    );
  }
}

function kindOfFiles(
  names: ReadonlySet<string>,
  config: Readonly<Record<string, unknown>> | undefined,
  folder: string,
): TuningKind {
  const kind = kinds.find(({ files }) => files.own(names, config));
  if (kind) return kind;
  if (config) return kindOf(config.peft_type);
  const model = ['config.json', 'model.safetensors'].every((file) => names.has(file));
  throw new AttuneError(
    'adapter-missing',
    `${folder}/${adapterConfigFile} does not exist.`,
    model
      ? 'The folder holds a whole model: name it as model_name_or_path.'
      : `Name the folder that holds ${adapterConfigFile}.`,
  );
}

/** Files of weights that run code when they are read, and how to write others. */
const pickles: readonly (readonly [file: string, remedy: string])[] = [
  ['adapter_model.bin', 'Write them anew in PEFT: save_pretrained(folder) makes safetensors.'],
  ['pytorch_adapter.bin', 'Write them with save_adapter(folder, name, use_safetensors=True).'],
];

function noWeights(names: ReadonlySet<string>, weights: string, folder: string): AttuneError {
  const [pickle, remedy] = pickles.find(([file]) => names.has(file)) ?? [];
  if (pickle) {
    return new AttuneError(
      'unsupported-adapter',
      `${folder} has its weights in ${pickle}, a pickle, which is not read here.`,
      remedy!,
    );
  }
  return new AttuneError(
    'adapter-missing',
    `${folder}/${weights} does not exist.`,
    `Name the folder that holds ${weights}.`,
  );
}

function parsed(bytes: Uint8Array): Record<string, unknown> {
  let config: unknown;
  try {
    config = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw badConfig('is not JSON', { cause });
  }
  if (typeof config === 'object' && config !== null && !Array.isArray(config)) {
    return config as Record<string, unknown>;
  }
  throw badConfig('holds no object');
}

function badConfig(what: string, options?: ErrorOptions): AttuneError {
  return new AttuneError(
    'bad-adapter-config',
    `${adapterConfigFile} ${what}.`,
    'Point to the folder that PEFT wrote.',
    options,
  );
}

/** The model under a fresh score head, with the tokenizer's padding as in training. */
function withScoreHead<M extends TunedParts>(model: M): M {
  if (model.config.head === 'score') return model;
  const padTokenId = paddingOf(model);
  return withParts(model, scoreModel(model as unknown as OpenModel, { padTokenId }));
}

/** The padding token; a model without a tokenizer has none. */
function paddingOf(model: TunedParts): number | null {
  try {
    return tokenizerOf(model)?.padTokenId ?? null;
  } catch (error) {
    if (error instanceof AttuneError) return null;
    throw error;
  }
}

/**
 * Reads PEFT's two files (or AdapterHub's), and that of an encoder where `read` has one; for folders there is
 * `openAdapter`.
 * @throws AttuneError `bad-adapter-config`, `unsupported-peft-type`, and those of the safetensors reader
 */
export async function readAdapter(
  read: (file: string) => Promise<Uint8Array>,
): Promise<AdapterFiles> {
  const config = parsed(await read(adapterConfigFile));
  const { weights, beside } = kindOfFiles(new Set(), config, adapterConfigFile).files;
  const tensors = await tensorsOf(await read(weights), weights);
  const own = beside ? await read(beside).catch(() => undefined) : undefined;
  return { config, tensors, ...(own && { encoder: await tensorsOf(own, beside!) }) };
}

/**
 * A method and its tensors (by trained name) from PEFT's or AdapterHub's files.
 * @throws AttuneError `unsupported-peft-type`, and those of the method's own reader
 */
export function adapterFromFiles(config: ModelConfig, files: AdapterFiles): ReadAdapter {
  const kind = kindOfFiles(new Set(), files.config, adapterConfigFile);
  return ofFile(() => kind.files.read(configOnly(config), files));
}

/** The same for LoRA. @throws AttuneError `unsupported-peft-type` for other files */
export function loraFromFiles(
  config: ModelConfig,
  files: AdapterFiles,
): { method: LoraMethod; values: Map<string, Float32Array> } {
  const { method, values } = adapterFromFiles(config, files);
  if (isLora(method)) return { method, values };
  throw new AttuneError(
    'unsupported-peft-type',
    `The adapter is of the kind ${method.kind}, not LORA.`,
    'Use an adapter of LoRA here.',
  );
}

/** Adapters' files are read beside a config alone: no kind of PEFT's looks at the weights. */
function configOnly(config: ModelConfig): TunedParts {
  const absent = (name: string) => {
    throw new AttuneError('unknown-tensor', `There is no tensor ${name}.`, 'Open the model.');
  };
  const weights = { names: () => [], has: () => false, info: absent, float32: absent, raw: absent };
  return { config, rawConfig: {}, weights };
}

/** The model with an adapter in its weights. @throws AttuneError `unsupported-adapter` where they have no place there */
export function mergeAdapter<M extends ModelParts>(
  model: M,
  { method, values }: Pick<ReadAdapter, 'method'> & { values: ReadonlyMap<string, Float32Array> },
): M {
  if (method.merge) return method.merge(model, values);
  throw cannot(method, 'cannot be added into the weights');
}

/** An adapter alone as llama.cpp loads it. @throws AttuneError `unsupported-adapter`, `unsupported-export` */
export function adapterGguf(
  { config }: Pick<ModelParts, 'config'>,
  { method, values }: Pick<ReadAdapter, 'method'> & { values: ReadonlyMap<string, Float32Array> },
): Uint8Array<ArrayBuffer> {
  if (method.gguf) return method.gguf(config, values);
  throw cannot(method, 'has no form in GGUF');
}

function cannot({ kind }: TuningMethod, what: string): AttuneError {
  return new AttuneError(
    'unsupported-adapter',
    `The adapter is of the kind ${kind}, which ${what}.`,
    'Use it beside its base model: --adapter_name_or_path.',
  );
}
