import { add, matmul, type Operation, rmsNorm, scale, type Tensors } from '@attune/kernels';
import { expect, test } from 'vitest';
import { fisherProduct } from './fisher.ts';
import { Graph } from './graph.ts';
import { planMemory } from './memory.ts';
import type { Store } from './store.ts';
import { Trainable } from './trainable.ts';

const traits = {
  software: true,
  f16: false,
  subgroups: false,
  subgroupMinSize: 4,
  subgroupMaxSize: 4,
  maxStorageBinding: 2 ** 27,
  maxWorkgroupMemory: 16384,
  maxInvocations: 256,
};

/** A graph with a weight [8, 8] that trains and moves, and an input that does neither. */
function moving() {
  const graph = new Graph(traits);
  const trainable = new Trainable([{ name: 'w', shape: [8, 8], decay: true }]);
  const weight = trainable.tensor(graph, 'w', { tangent: true })!;
  return { graph, trainable, weight, x: graph.input('x', [4, 8]) };
}

const labels = (graph: Graph) => planMemory(graph).calls.map(({ shader }) => shader.label);

test('what depends on a tensor that moves moves too, and nothing else', () => {
  const { graph, weight, x } = moving();
  const still = graph.apply(scale, { x }, { factor: 2 }).y;
  const y = graph.apply(matmul, { x: still, weight }, {}).y;
  const z = graph.reshape(graph.apply(add, { a: y, b: still }, {}).y, [32]);
  expect(graph.tangentOf(still)).toBeUndefined();
  expect(graph.tangentOf(y)!.shape).toEqual([4, 8]);
  expect(graph.tangentOf(z)!.shape).toEqual([32]);
});

test('a tangent that nobody asks for is not computed', () => {
  const { graph, weight, x } = moving();
  const y = graph.apply(matmul, { x, weight }, {}).y;
  graph.output('y', y);
  expect(labels(graph)).toHaveLength(1);
  graph.output('moved', graph.tangentOf(y)!);
  expect(labels(graph)).toHaveLength(2);
});

test('an operation without a rule is refused by name, where its tangent is asked for and only there', () => {
  const { graph, weight, x } = moving();
  const { tangent: _, ...rest } = scale;
  const ruleless = { ...rest, name: 'ruleless' } as Operation<Tensors, Tensors, { factor: number }>;
  const y = graph.apply(matmul, { x, weight }, {}).y;
  const z = graph.apply(ruleless, { x: y }, { factor: 2 }).y!;
  const behind = graph.apply(scale, { x: z }, { factor: 2 }).y;
  expect(graph.tangentOf(y)).toBeDefined();
  for (const tensor of [z, behind]) {
    expect(() => graph.tangentOf(tensor)).toThrow(
      expect.objectContaining({ code: 'no-tangent', message: expect.stringMatching(/ruleless/) }),
    );
  }
});

test('the gradient of a checkpointed block does not compute its tangents again', () => {
  const count = (checkpoint: boolean, tangent: boolean) => {
    const graph = new Graph(traits);
    const trainable = new Trainable([{ name: 'w', shape: [8, 8], decay: true }]);
    const weight = trainable.tensor(graph, 'w', { tangent })!;
    const x = graph.apply(matmul, { x: graph.input('x', [4, 8]), weight }, {}).y;
    const gain = graph.input('gain', [8]);
    const block = ({ x }: { x: typeof weight }) => {
      const norm = graph.apply(rmsNorm, { x, weight: gain }, { eps: 1e-6 }).y;
      return { y: graph.apply(matmul, { x: norm, weight }, {}).y };
    };
    const { y } = checkpoint ? graph.checkpoint({ x }, block) : block({ x });
    if (tangent) graph.output('moved', graph.tangentOf(y)!);
    graph.output('y', y);
    graph.backwardFrom([[y, graph.input('dy', [4, 8])]]);
    return labels(graph).length;
  };
  expect(count(true, true) - count(true, false)).toBe(count(false, true) - count(false, false));
});

test('a tangent of another shape, a gradient of what does not train, and a policy that does not move are refused', () => {
  const { graph, weight, x } = moving();
  expect(() => graph.setTangent(weight, x)).toThrow(
    /The tangent of parameters\.0 has shape \[4,8\]/,
  );
  expect(() => graph.backwardFrom([[x, x]])).toThrow(
    expect.objectContaining({ code: 'nothing-to-train' }),
  );
  const given = {
    hidden: x,
    weight: graph.input('head', [9, 8]),
    mask: graph.input('mask', [4]),
    scale: graph.input('scale', [1]),
  };
  expect(() => fisherProduct(graph, given)).toThrow(/Neither x nor head moves/);
});

test('the same graph may use a tensor as it is, as it was, with its gradient and without', () => {
  const { graph, trainable, weight } = moving();
  const still = trainable.tensor(graph, 'w', { gradient: false })!;
  const start = trainable.tensor(graph, 'w', { gradient: false, role: 'start' })!;
  expect(trainable.tensor(graph, 'w', { tangent: true })).toBe(weight);
  expect([graph.tangentOf(still), graph.gradientTarget(still)]).toEqual([undefined, undefined]);
  expect(start.view!.of.name).toBe('start.0');
  expect(graph.gradientTarget(weight)!.view!.of.name).toBe('gradients.0');
});

test('vectors of the natural gradient are counted as the optimizer’s memory', () => {
  const made: [string, string][] = [];
  const store = {
    create: (name: string, _: unknown, __: unknown, group: string) => made.push([name, group]),
  };
  const { trainable } = moving();
  trainable.allocate(store as unknown as Store, ['parameters', 'tangents', 'start']);
  expect(made).toEqual([
    ['parameters.0', 'parameters'],
    ['tangents.0', 'optimizer'],
    ['start.0', 'optimizer'],
  ]);
});
