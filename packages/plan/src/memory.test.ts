import { add, matmul, nll, rmsNorm, swiglu, type Tensor } from '@attune/kernels';
import { expect, test } from 'vitest';
import { Graph, PlannedGraph, planMemory, type Store, Trainable } from './index.ts';

const traits = {
  software: true,
  f16: false,
  subgroups: false,
  subgroupMinSize: 0,
  subgroupMaxSize: 0,
  maxStorageBinding: 1 << 27,
  maxWorkgroupMemory: 16384,
  maxInvocations: 256,
};

/** A graph of sums with random operands among all tensors so far. */
function randomGraph(seed: number, calls: number): Graph {
  const graph = new Graph(traits);
  let state = seed;
  const below = (n: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const known: Tensor[] = [0, 1, 2].map((i) => graph.input(`x${i}`, [64 * (1 + below(4))]));
  for (let i = 0; i < calls; i++) {
    const a = known[below(known.length)]!;
    const same = known.filter((t) => t !== a && t.shape[0] === a.shape[0]);
    if (same.length === 0) known.push(graph.input(`y${i}`, a.shape));
    else known.push(add.forward(graph, { a, b: same[below(same.length)]! }, {}).y);
  }
  graph.output('last', known.at(-1)!);
  graph.output('middle', known[Math.floor(known.length / 2)]!);
  return graph;
}

test('no two tensors that are alive at the same call share a slot, in random graphs', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const graph = randomGraph(seed, 40);
    const { calls, slotOf, slots } = planMemory(graph);
    const lives = new Map<Tensor, [number, number]>();
    calls.forEach((call, i) => {
      for (const tensor of Object.values(call.tensors)) {
        const life = lives.get(tensor) ?? [i, i];
        lives.set(tensor, [life[0], i]);
      }
    });
    for (const tensor of graph.outputs.values()) {
      const life = lives.get(tensor);
      if (life) life[1] = calls.length;
    }
    const placed = [...slotOf.entries()];
    for (const [a, slotA] of placed) {
      expect(slots[slotA]).toBeGreaterThanOrEqual(4 * a.shape[0]!);
      for (const [b, slotB] of placed) {
        if (a === b || slotA !== slotB) continue;
        const [fromA, toA] = lives.get(a)!;
        const [fromB, toB] = lives.get(b)!;
        expect(toA < fromB || toB < fromA, `${a.id} and ${b.id} in slot ${slotA}`).toBe(true);
      }
    }
  }
});

test('a chain of any length needs two slots, and what nobody reads is not computed', () => {
  const graph = new Graph(traits);
  const x = graph.input('x', [256]);
  const z = graph.input('z', [256]);
  let y = x;
  for (let i = 0; i < 100; i++) y = add.forward(graph, { a: y, b: z }, {}).y;
  add.forward(graph, { a: x, b: z }, {});
  graph.output('y', y);
  const { calls, slots } = planMemory(graph);
  expect(calls.length).toBe(100);
  expect(slots).toEqual([1024, 1024]);
  expect(new PlannedGraph(graph).memory.activations).toBe(2048);
});

test('trained tensors lie in flat buffers, decayed ones first, none across the limit', () => {
  const shapes = [[3, 5], [64], [7, 9], [10]];
  const tensors = shapes.map((shape, i) => ({ name: `t${i}`, shape, decay: shape.length === 2 }));
  const one = new Trainable(tensors);
  expect(one.flats).toEqual([{ size: 256, decay: 128 }]);
  expect(one.count).toBe(15 + 64 + 63 + 10);
  const several = new Trainable(tensors, 4 * 128);
  expect(several.flats).toEqual([
    { size: 128, decay: 128 },
    { size: 128, decay: 0 },
  ]);
});

const stacked = [
  { name: 'a', shape: [2, 3], decay: true },
  { name: 'norm', shape: [5], decay: false },
  { name: 'b', shape: [3, 2], decay: true },
];
const stack = {
  name: 'ab',
  shape: [5, 5],
  parts: [
    { name: 'a', row: 0, column: 0 },
    { name: 'b', row: 2, column: 3 },
  ],
};

test('trained matrices of a stack are one tensor for graphs, and go by their own names elsewhere', async () => {
  const trainable = new Trainable(stacked, undefined, '', [stack]);
  expect(trainable.flats).toEqual([{ size: 128, decay: 64 }]);
  expect(trainable.count).toBe(6 + 5 + 6);
  const graph = new Graph(traits);
  expect(trainable.tensor(graph, 'ab')!.shape).toEqual([5, 5]);
  expect(['a', 'ab', 'norm'].map((name) => trainable.has(name))).toEqual([false, true, true]);
  expect(trainable.tensor(graph, 'a')).toBeUndefined();
  const flat = new Float32Array(128);
  const store = {
    write: (_: string, data: Float32Array, offset: number) => flat.set(data, offset),
    read: async () => flat,
  } as unknown as Store;
  trainable.write(store, 'a', Float32Array.of(1, 2, 3, 4, 5, 6));
  trainable.write(store, 'b', Float32Array.of(7, 8, 9, 10, 11, 12));
  expect([...flat.subarray(0, 25)]).toEqual([
    ...[1, 2, 3, 0, 0],
    ...[4, 5, 6, 0, 0],
    ...[0, 0, 0, 7, 8],
    ...[0, 0, 0, 9, 10],
    ...[0, 0, 0, 11, 12],
  ]);
  const read = await trainable.read(store);
  expect([...read.keys()]).toEqual(['a', 'norm', 'b']);
  expect([...read.get('b')!]).toEqual([7, 8, 9, 10, 11, 12]);
});

test('the gradient of one use is added by the operation of the other, where it can', () => {
  const graph = new Graph(traits);
  const trainable = new Trainable([{ name: 'x', shape: [4, 8], decay: true }]);
  const x = graph.apply(swiglu, { gate: trainable.tensor(graph, 'x')! }, {}).y;
  const weight = graph.input('weight', [4]);
  const { y } = graph.apply(rmsNorm, { x, weight }, { eps: 1e-5 });
  const w = graph.input('w', [4, 4]);
  const sum = graph.apply(matmul, { x: y, weight: w, residual: x }, {}).y;
  const logps = graph.reshape(sum, [16]);
  const scale = graph.input('scale', [1]);
  const { loss } = graph.apply(nll, { logps, weights: graph.input('ws', [16]), scale }, {});
  const forward = graph.calls.length;
  graph.backward(loss);
  const labels = graph.calls.slice(forward).map(({ shader }) => shader.label);
  expect(labels.filter((label) => label.startsWith('add'))).toEqual([]);
  expect(labels.some((label) => label.startsWith('rms-norm.backward'))).toBe(true);
});

test('a frozen copy stands beside what trains in one graph, and what trains also stands without its gradient', () => {
  const tensors = [{ name: 'w', shape: [64], decay: true }];
  const [trained, frozen] = [new Trainable(tensors), new Trainable(tensors, undefined, 'ref.')];
  const graph = new Graph(traits);
  const own = trained.tensor(graph, 'w')!;
  const still = trained.tensor(graph, 'w', { gradient: false })!;
  const copy = frozen.tensor(graph, 'w', { gradient: false })!;
  expect(new Set([own, still, copy]).size).toBe(3);
  expect(trained.tensor(graph, 'w')).toBe(own);
  expect([own, still, copy].map((tensor) => tensor.view!.of.name)).toEqual([
    'parameters.0',
    'parameters.0',
    'ref.parameters.0',
  ]);
  const other = graph.apply(add, { a: still, b: copy }, {}).y;
  expect(() => graph.backward(other)).toThrow(/depends on no trained tensor/);
});

test('a loss that depends on nothing trained is refused by name', () => {
  const graph = new Graph(traits);
  const y = graph.apply(add, { a: graph.input('a', [4]), b: graph.input('b', [4]) }, {}).y;
  expect(() => graph.backward(y)).toThrow(/depends on no trained tensor/);
});
