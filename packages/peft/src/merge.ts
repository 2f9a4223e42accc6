import type { WeightSource } from '@attune/model';
import type { LoraMethod } from './lora.ts';

/**
 * The model's weights with the adapter added in, W + s·B·A, computed in float64: a `WeightSource`
 * that reads and merges each tensor when it is asked for. `sign` -1 takes a merged adapter out again.
 */
export function mergedWeights(
  weights: WeightSource,
  method: LoraMethod,
  values: ReadonlyMap<string, Float32Array>,
  sign: 1 | -1 = 1,
): WeightSource {
  const layers = new Map(method.layers.map((layer) => [`${layer.path}.weight`, layer]));
  const saved = new Set(method.saved);
  const names = [...weights.names(), ...method.saved.filter((name) => !weights.has(name))];
  return {
    names: () => names,
    has: (name) => saved.has(name) || weights.has(name),
    info: (name) => {
      if (weights.has(name)) return weights.info(name);
      const { shape } = method.tensors.find((tensor) => tensor.name === name)!;
      return { shape: [...shape], dtype: 'F32', bytes: values.get(name)!.byteLength };
    },
    raw: (name) => weights.raw(name),
    async float32(name) {
      if (saved.has(name)) return values.get(name)!.slice();
      const weight = await weights.float32(name);
      const layer = layers.get(name);
      if (!layer) return weight;
      const a = values.get(`${layer.path}.lora_A.weight`)!;
      const b = values.get(`${layer.path}.lora_B.weight`)!;
      const { out, in: width, r, scale } = layer;
      const row = new Float64Array(width);
      for (let i = 0; i < out; i++) {
        row.fill(0);
        for (let k = 0; k < r; k++) {
          const factor = b[i * r + k]! * scale * sign;
          for (let j = 0; j < width; j++) row[j]! += factor * a[k * width + j]!;
        }
        for (let j = 0; j < width; j++) weight[i * width + j]! += row[j]!;
      }
      return weight;
    },
  };
}

/** The model's weights with other numbers for some of them, such as trained biases. */
export function replacedWeights(
  weights: WeightSource,
  values: ReadonlyMap<string, Float32Array>,
): WeightSource {
  return {
    names: () => weights.names(),
    has: (name) => weights.has(name),
    info: (name) => weights.info(name),
    raw: (name) => weights.raw(name),
    float32: async (name) => values.get(name)?.slice() ?? weights.float32(name),
  };
}
