import type { OpenModel, WeightSource } from '@attune/model';
import { type ChangedTensor, changedWeights } from '../changed-weights.ts';
import { type ModelParts, withParts } from '../method.ts';
import { outputTensor, tableTensor } from '../tied.ts';
import type { LoraLayer, LoraMethod } from './lora.ts';

/**
 * The model's weights with the adapter added in, W + s·B·A, computed in float64: a `WeightSource`
 * that reads and merges each tensor when it is asked for. `sign` -1 takes a merged adapter out again.
 */
export function mergedWeights(
  weights: WeightSource,
  method: Pick<LoraMethod, 'layers' | 'saved' | 'tensors'>,
  values: ReadonlyMap<string, Float32Array>,
  sign: 1 | -1 = 1,
): WeightSource {
  const changes = new Map<string, ChangedTensor>();
  for (const layer of method.layers) {
    changes.set(`${layer.path}.weight`, {
      shape: weights.info(`${layer.path}.weight`).shape,
      float32: () => mergedLayer(weights, layer, values, sign),
    });
  }
  const shapes = new Map(method.tensors.map(({ name, shape }) => [name, shape]));
  for (const name of method.saved) {
    const float32 = async () => Float32Array.from(values.get(name)!);
    changes.set(name, { shape: shapes.get(name)!, float32 });
  }
  return changedWeights(weights, changes);
}

async function mergedLayer(
  weights: WeightSource,
  { path, out, in: width, r, scale, transposed }: LoraLayer,
  values: ReadonlyMap<string, Float32Array>,
  sign: 1 | -1,
): Promise<Float32Array<ArrayBuffer>> {
  const weight = await weights.float32(`${path}.weight`);
  const a = values.get(`${path}.lora_A.weight`)!;
  const b = values.get(`${path}.lora_B.weight`)!;
  const row = new Float64Array(width);
  for (let i = 0; i < out; i++) {
    row.fill(0);
    for (let k = 0; k < r; k++) {
      const factor = b[i * r + k]! * scale * sign;
      for (let j = 0; j < width; j++) row[j]! += factor * a[k * width + j]!;
    }
    for (let j = 0; j < width; j++) weight[transposed ? j * out + i : i * width + j]! += row[j]!;
  }
  return weight;
}

/**
 * The model with the adapter in its weights. Where the adapter parts an output layer from the embedding table, the
 * model's config no longer ties them, and the output layer is there by itself: as trained, or the base table.
 */
export function mergeLora<M extends ModelParts>(
  model: M,
  method: LoraMethod,
  values: ReadonlyMap<string, Float32Array>,
): M {
  const { config, rawConfig, weights: base } = model;
  const weights = mergedWeights(base, method, values);
  if (method.modules.output === 'follows') return withParts(model, { config, rawConfig, weights });
  return withParts(model, {
    config: { ...config, tieWordEmbeddings: false },
    rawConfig: { ...rawConfig, tie_word_embeddings: false },
    weights: method.saved.includes(outputTensor) ? weights : withOutput(config, base, weights),
  });
}

/** The merged weights with the table of before as the output layer. */
function withOutput(
  config: OpenModel['config'],
  base: WeightSource,
  merged: WeightSource,
): WeightSource {
  const from = base.has(outputTensor) ? outputTensor : tableTensor(config);
  return changedWeights(
    merged,
    new Map([[outputTensor, { shape: base.info(from).shape, float32: () => base.float32(from) }]]),
  );
}
