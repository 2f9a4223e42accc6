import type { Tuning, WeightSource } from '@attune/model';
import type { Store, Trainable, TrainableTensor } from '@attune/plan';

/** A way to adapt a model: which tensors train, how they start, and how graphs use them. */
export interface TuningMethod {
  /** As in PEFT's `peft_type`; FULL trains the model's own weights. */
  readonly kind: string;
  readonly tensors: readonly TrainableTensor[];
  /** Base weights whose frozen copy need not be on the GPU, since the trained one stands for it. */
  replaces(name: string): boolean;
  /** The starting value of a trained tensor. */
  initial(name: string, weights: WeightSource): Promise<Float32Array>;
  /** How graphs use the trained tensors; with `gradient: false` for evaluation and generation. */
  tuning(trainable: Trainable, options?: TuningOptions): Tuning;
}

export interface TuningOptions {
  /** Default true. */
  readonly gradient?: boolean;
  /** False: nothing is dropped in training either, whatever the method's own dropout. Default true. */
  readonly dropout?: boolean;
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
