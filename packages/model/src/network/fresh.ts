import { AttuneError } from '@attune/gpu';
import { elements, randomNormals } from '@attune/kernels';
import type { ModelConfig } from '../config/config.ts';
import { expectedTensors } from '../config/parse.ts';
import type { WeightSource } from '../files/weights.ts';

/**
 * Weights for pretraining from scratch, as transformers makes them: matrices normal with deviation
 * `initializer_range`, norms 1, biases 0. The same seed gives the same numbers on any machine.
 */
export function freshWeights(config: ModelConfig, seed = 42): WeightSource {
  const tensors = new Map([...expectedTensors(config)].map(({ name, shape }) => [name, shape]));
  const shapeOf = (name: string) => {
    const shape = tensors.get(name);
    if (shape) return shape;
    throw new AttuneError(
      'unknown-tensor',
      `The config asks for no tensor ${name}.`,
      'Check the name.',
    );
  };
  const order = [...tensors.keys()];
  const float32 = async (name: string) => {
    const shape = shapeOf(name);
    const count = elements(shape);
    if (name.endsWith('.bias')) return new Float32Array(count);
    if (shape.length === 1) return new Float32Array(count).fill(1);
    const normals = randomNormals(count, seed, order.indexOf(name));
    return normals.map((value) => value * config.initializerRange);
  };
  return {
    names: () => order,
    has: (name) => tensors.has(name),
    info: (name) => {
      const shape = [...shapeOf(name)];
      return { shape, dtype: 'F32', bytes: 4 * elements(shape) };
    },
    float32,
    raw: async (name) => new Uint8Array((await float32(name)).buffer),
  };
}
