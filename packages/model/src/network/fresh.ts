import { AttuneError } from '@attune/gpu';
import { elements, randomNormals } from '@attune/kernels';
import type { ModelConfig } from '../config/config.ts';
import { expectedTensors, modulesOf } from '../families/families.ts';
import type { WeightSource } from '../files/weights.ts';

/**
 * Weights for pretraining from scratch, as transformers makes them: matrices normal with deviation
 * `initializer_range` (or what the family has for some of them), norms factor 1, biases 0. The same seed gives the same numbers on any machine.
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
  const modules = new Map(modulesOf(config).map((module) => [`${module.path}.weight`, module]));
  const float32 = async (name: string) => {
    const shape = shapeOf(name);
    const count = elements(shape);
    if (name.endsWith('.bias')) return new Float32Array(count);
    const module = modules.get(name)!;
    if (module.kind === 'norm') return new Float32Array(count).fill(1 - (module.offset ?? 0));
    const normals = randomNormals(count, seed, order.indexOf(name));
    const deviation = module.deviation ?? config.initializerRange;
    return normals.map((value) => value * deviation);
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
