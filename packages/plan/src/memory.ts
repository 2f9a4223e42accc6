import { byteSize, type Call, type Tensor } from '@attune/kernels';
import type { Graph } from './graph.ts';

/** Where the intermediates of a plan go: `slots[k]` bytes, and the slot of each tensor. */
export interface Layout {
  readonly calls: readonly Call[];
  readonly slots: readonly number[];
  readonly slotOf: ReadonlyMap<Tensor, number>;
}

const root = (tensor: Tensor) => tensor.view?.of ?? tensor;

function writes(call: Call): Tensor[] {
  return call.shader.bindings
    .filter((binding) => binding.access === 'read_write')
    .map((binding) => root(call.tensors[binding.name]!));
}

/** Drops calls whose results nobody reads (a recomputed block's last product, an unused statistic). */
export function withoutDeadCalls(graph: Graph): Call[] {
  const needed = new Set<Tensor>([...graph.outputs.values()].map(root));
  const live: Call[] = [];
  for (const call of graph.calls.toReversed()) {
    const wanted = writes(call).some((t) => needed.has(t) || graph.kinds.get(t) === 'resident');
    if (!wanted) continue;
    for (const tensor of Object.values(call.tensors)) needed.add(root(tensor));
    live.push(call);
  }
  return live.reverse();
}

/**
 * Gives every intermediate a slot by lifetime: largest first, into the first slot that is free
 * from the tensor's first call to its last. A slot is a buffer of its own, since WebGPU forbids
 * reading and writing parts of one buffer in the same dispatch.
 */
export function planMemory(graph: Graph): Layout {
  const calls = withoutDeadCalls(graph);
  const kept = new Set([...graph.outputs.values()].map(root));
  const lives = new Map<Tensor, [number, number]>();
  calls.forEach((call, i) => {
    for (const tensor of Object.values(call.tensors).map(root)) {
      if (graph.kinds.has(tensor)) continue;
      const life = lives.get(tensor);
      if (life) life[1] = i;
      else lives.set(tensor, [i, i]);
    }
  });
  for (const tensor of kept) {
    const life = lives.get(tensor);
    if (life) life[1] = calls.length;
  }
  const slots: { bytes: number; lives: [number, number][] }[] = [];
  const slotOf = new Map<Tensor, number>();
  const order = [...lives].sort((a, b) => byteSize(b[0]) - byteSize(a[0]) || a[1][0] - b[1][0]);
  for (const [tensor, life] of order) {
    const free = ({ lives }: (typeof slots)[number]) =>
      lives.every(([from, to]) => to < life[0] || from > life[1]);
    let slot = slots.findIndex(free);
    if (slot < 0) slot = slots.push({ bytes: Math.max(16, byteSize(tensor)), lives: [] }) - 1;
    slots[slot]!.lives.push(life);
    slotOf.set(tensor, slot);
  }
  return { calls, slots: slots.map(({ bytes }) => bytes), slotOf };
}
