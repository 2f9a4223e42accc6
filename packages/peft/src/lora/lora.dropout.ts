import { type Dtype, philox, type Tensor } from '@attune/kernels';
import type { Graph } from '@attune/plan';
import { nameHash } from './lora.start.ts';

/** The u32 [2] inputs of graphs whose LoRA layers drop begin so: a new seed each micro-batch. */
const dropoutSeed = 'dropout seed';

/** Each layer drops by its own seed: the graph's input has a pair for every layer that asks. */
export function layerSeed(graph: Graph, path: string): Tensor {
  return namedInput(graph, `${dropoutSeed} ${path}`, [2], 'u32');
}

const inputs = new WeakMap<Graph, Map<string, Tensor>>();
function namedInput(graph: Graph, name: string, shape: number[], dtype: Dtype): Tensor {
  const own = inputs.get(graph) ?? new Map<string, Tensor>();
  inputs.set(graph, own);
  let tensor = own.get(name);
  if (!tensor) {
    tensor = graph.input(name, shape, dtype);
    own.set(name, tensor);
  }
  return tensor;
}

/** The values of a graph's dropout seeds for one micro-batch: a function of seed, count and layer. */
export function dropoutValues(
  names: Iterable<string>,
  seed: number,
  microBatch: number,
): Record<string, Uint32Array> {
  const values: Record<string, Uint32Array> = {};
  for (const name of names) {
    if (!name.startsWith(dropoutSeed)) continue;
    const [a, b] = philox([microBatch >>> 0, 0, nameHash(name), 7], [seed >>> 0, 0]);
    values[name] = Uint32Array.of(a, b);
  }
  return values;
}
