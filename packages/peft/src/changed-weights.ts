import { elements } from '@attune/kernels';
import type { WeightSource } from '@attune/model';

/** A tensor that stands in for one of a model, or beside them; computed when it is asked for. */
export interface ChangedTensor {
  readonly shape: readonly number[];
  float32(): Promise<Float32Array<ArrayBuffer>>;
}

/**
 * The same weights with some tensors changed or added. The changed ones are float32 to whoever asks, also where the
 * file stores another type: their stored bytes would be those of before.
 */
export function changedWeights(
  weights: WeightSource,
  changes: ReadonlyMap<string, ChangedTensor>,
): WeightSource {
  const added = [...changes.keys()].filter((name) => !weights.has(name));
  return {
    names: () => [...weights.names(), ...added],
    has: (name) => changes.has(name) || weights.has(name),
    info(name) {
      const changed = changes.get(name);
      if (!changed) return weights.info(name);
      return { shape: [...changed.shape], dtype: 'F32', bytes: 4 * elements(changed.shape) };
    },
    float32: (name) => changes.get(name)?.float32() ?? weights.float32(name),
    async raw(name) {
      const changed = changes.get(name);
      return changed ? new Uint8Array((await changed.float32()).buffer) : weights.raw(name);
    },
  };
}

/** The model's weights with other numbers for some of them, such as trained biases. */
export function replacedWeights(
  weights: WeightSource,
  values: ReadonlyMap<string, Float32Array>,
): WeightSource {
  return changedWeights(
    weights,
    new Map(
      [...values].map(([name, data]) => [
        name,
        { shape: weights.info(name).shape, float32: async () => Float32Array.from(data) },
      ]),
    ),
  );
}
