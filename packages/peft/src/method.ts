import {
  type ModelConfig,
  type OpenModel,
  type Stack,
  type Tuning,
  type WeightLayout,
  type WeightSource,
  weightLayout,
} from '@attune/model';
import {
  type Store,
  Trainable,
  type TrainableStack,
  type TrainableTensor,
  type TrainableUse,
} from '@attune/plan';

/** The parts of an opened model that tuning and merging read and change. */
export type ModelParts = Pick<OpenModel, 'config' | 'rawConfig' | 'weights'>;

/**
 * A way to tune a model: which tensors train, how they start, how graphs use them, and what a run leaves. Whoever
 * wants to know what a method can do asks these properties, not its name.
 */
export interface TuningMethod {
  /** PEFT's `peft_type`, for people and files; FULL trains the model's own weights. */
  readonly kind: string;
  /** What a run leaves: files beside the base model, or a model (BitFit leaves the biases by themselves too). */
  readonly leaves: 'adapter' | 'model';
  readonly tensors: readonly TrainableTensor[];
  /** Virtual tokens before every document, where the method trains such. */
  readonly virtualTokens?: number;
  /** Whether a trainer can tune by it; trainers by their command (`sft`, `dpo`, …). */
  trains(trainer: string): boolean;
  /** The model that it tunes: the opened one, or that with what the method adds to its layers. */
  modelFor<M extends ModelParts>(model: M): M;
  /** Base weights whose frozen copy need not be on the GPU, since the trained one stands for it. */
  replaces(name: string): boolean;
  /** Whether it can serve these layers side by side, as one. */
  joins(stack: Stack, options?: Pick<TuningOptions, 'dropout'>): boolean;
  /** How what trains lies where those layers are side by side. */
  stacks(stacks: Iterable<Stack>): TrainableStack[];
  /** The starting value of a trained tensor. */
  initial(name: string, weights: WeightSource): Promise<Float32Array>;
  /** How graphs use the trained tensors; with `gradient: false` for evaluation and generation. */
  tuning(trainable: Trainable, options?: TuningOptions): Tuning;
  /** The method's own files, by name; none where the model itself is all that a run leaves. */
  save(values: ReadonlyMap<string, Float32Array>, options: SaveOptions): Map<string, Uint8Array>;
  /** The model with the trained values in its weights; absent where they have no place there. */
  merge?<M extends ModelParts>(model: M, values: ReadonlyMap<string, Float32Array>): M;
  /** The adapter alone as a GGUF that llama.cpp loads beside its base; absent where GGUF has no form for it. */
  gguf?(model: ModelConfig, values: ReadonlyMap<string, Float32Array>): Uint8Array<ArrayBuffer>;
}

export interface SaveOptions {
  /** What `base_model_name_or_path` says. */
  readonly baseModel: string;
  /** The config of an adapter that was read: keys that are unknown here stay. */
  readonly base?: Readonly<Record<string, unknown>>;
}

export interface TuningOptions extends TrainableUse {
  /** False: nothing is dropped in training either, whatever the method's own dropout. Default true. */
  readonly dropout?: boolean;
}

/** `modelFor` of methods that add nothing to the model. */
export const sameModel = <M extends ModelParts>(model: M): M => model;

/** `trains` of methods that only next-token losses (pretraining, SFT) are held to recorded runs with. */
export const nextTokenOnly = (trainer: string): boolean => /^(sft|pretrain)$/.test(trainer);

/** The same opened model with other parts; what is computed when it is asked for (the tokenizer) stays so. */
export function withParts<M extends ModelParts>(model: M, parts: ModelParts): M {
  const own = Object.getOwnPropertyDescriptors(model);
  return Object.defineProperties({}, { ...own, ...Object.getOwnPropertyDescriptors(parts) }) as M;
}

/** How a model that is tuned lies on the device. */
export function tunedLayout(
  method: TuningMethod,
  config: ModelConfig,
  weights: WeightSource,
  { maxBytes, ...options }: { maxBytes?: number } & Pick<TuningOptions, 'dropout'> = {},
): WeightLayout {
  const joins = (stack: Stack) => method.joins(stack, options);
  return weightLayout(config, weights, { joins, ...(maxBytes !== undefined && { maxBytes }) });
}

/** What trains, laid as the model is. */
export function trainableOf(
  method: TuningMethod,
  layout: WeightLayout,
  { maxBytes, prefix }: { maxBytes?: number; prefix?: string } = {},
): Trainable {
  return new Trainable(method.tensors, maxBytes, prefix, method.stacks(layout.stacks.values()));
}

/** Writes the starting values of everything that trains. */
export async function initialise(
  method: TuningMethod,
  trainable: Trainable,
  store: Store,
  weights: WeightSource,
): Promise<void> {
  for (const { name } of method.tensors) {
    trainable.write(store, name, await method.initial(name, weights));
  }
}

/** transformers' rule for weight decay: matrices outside norms and biases. */
export function decays(name: string): boolean {
  return !name.endsWith('.bias') && !/norm/i.test(name);
}
