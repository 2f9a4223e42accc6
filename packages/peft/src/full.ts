import { expectedTensors, type ModelConfig } from '@attune/model';
import { decays, type TuningMethod } from './method.ts';

/** Every parameter of the model trains. A tied output layer is the embedding table: one tensor. */
export function fullTuning(config: ModelConfig): TuningMethod {
  const tensors = [...expectedTensors(config)].map(({ name, shape }) => ({
    name,
    shape,
    decay: decays(name),
  }));
  const names = new Set(tensors.map(({ name }) => name));
  return {
    kind: 'FULL',
    tensors,
    replaces: (name) => names.has(name),
    initial: (name, weights) => weights.float32(name),
    tuning: (trainable, options) => ({
      weight: (graph, name) => trainable.tensor(graph, name, options),
    }),
  };
}
