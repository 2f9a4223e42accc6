import { philox } from '@attune/data';
import { AttuneError } from '@attune/gpu';
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
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    if (name.endsWith('.bias')) return data;
    if (shape.length === 1) return data.fill(1);
    const stream = order.indexOf(name);
    for (let i = 0; i < data.length; i += 2) {
      const [a, b] = philox([i >>> 1, 0, stream, 2], [seed >>> 0, 0]);
      const radius = Math.sqrt(-2 * Math.log((a + 0.5) / 2 ** 32)) * config.initializerRange;
      const angle = (2 * Math.PI * b) / 2 ** 32;
      data[i] = radius * Math.cos(angle);
      if (i + 1 < data.length) data[i + 1] = radius * Math.sin(angle);
    }
    return data;
  };
  return {
    names: () => order,
    has: (name) => tensors.has(name),
    info: (name) => {
      const shape = [...shapeOf(name)];
      return { shape, dtype: 'F32', bytes: 4 * shape.reduce((a, b) => a * b, 1) };
    },
    float32,
    raw: async (name) => new Uint8Array((await float32(name)).buffer),
  };
}
