import { expectedTensors, type ModelConfig, type Stack, stackShape } from '@attune/model';
import type { TrainableStack } from '@attune/plan';
import { replacedWeights } from '../changed-weights.ts';
import { decays, sameModel, type TuningMethod, withParts } from '../method.ts';

/** Every parameter of the model trains. A tied output layer is the embedding table: one tensor. */
export function fullTuning(config: ModelConfig): TuningMethod {
  const tensors = [...expectedTensors(config)].map(({ name, shape }) => ({
    name,
    shape,
    decay: decays(name),
  }));
  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
  return {
    kind: 'FULL',
    leaves: 'model',
    tensors,
    trains: () => true,
    modelFor: sameModel,
    replaces: (name) => shapes.has(name),
    joins: () => true,
    stacks: (stacks) => stackedWeights(stacks, shapes, ['weight', 'bias']),
    initial: (name, weights) => weights.float32(name),
    tuning: (trainable, options) => ({
      weight: (graph, name) => trainable.tensor(graph, name, options),
    }),
    save: () => new Map(),
    merge: (model, values) => {
      const { config, rawConfig, weights } = model;
      return withParts(model, { config, rawConfig, weights: replacedWeights(weights, values) });
    },
  };
}

/** The model's own weights or biases where they lie side by side: one below the other. */
export function stackedWeights(
  stacks: Iterable<Stack>,
  shapes: ReadonlyMap<string, readonly number[]>,
  kinds: readonly ('weight' | 'bias')[],
): TrainableStack[] {
  return [...stacks].flatMap((stack) =>
    kinds.flatMap((kind) => {
      const shape = stackShape(stack, kind, shapes);
      if (!shape) return [];
      let row = 0;
      const parts = stack.parts.map((path) => {
        const name = `${path}.${kind}`;
        const part = { name, row, column: 0 };
        row += shapes.get(name)![0]!;
        return part;
      });
      return [{ name: `${stack.path}.${kind}`, shape, parts }];
    }),
  );
}
