import {
  type ModelConfig,
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

/** A way to adapt a model: which tensors train, how they start, and how graphs use them. */
export interface TuningMethod {
  /** As in PEFT's `peft_type`; FULL trains the model's own weights. */
  readonly kind: string;
  readonly tensors: readonly TrainableTensor[];
  /** Virtual tokens before every document, where the method trains such. */
  readonly virtualTokens?: number;
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
  /** The adapter's own files, by name; a method without is a whole model's, or LoRA (`writeAdapter`). */
  save?(values: ReadonlyMap<string, Float32Array>, options: SaveOptions): Map<string, Uint8Array>;
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
