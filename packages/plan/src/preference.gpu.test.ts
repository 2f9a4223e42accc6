import { testGpu } from '@attune/gpu/testing';
import {
  dpoAot,
  dpoSft,
  dpoSigmoid,
  type HostArrays,
  segmentSum,
  tokenLogps,
  tokenLogpsReference,
  weightedLoss,
  wpoWeights,
} from '@attune/kernels';
import { expect, test } from 'vitest';
import { Executor } from './executor.ts';
import { Graph } from './graph.ts';
import { Store } from './store.ts';

const [pairs, width, vocabulary] = [3, 8, 33];
const lengths = [4, 2, 5, 3, 6, 1];
const tokens = lengths.reduce((a, b) => a + b, 0);

/** Reproducible numbers in ±scale / 2. */
function numbers(count: number, seed: number, scale: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * scale;
  });
}

const values = {
  hidden: numbers(tokens * width, 1, 4),
  targets: Int32Array.from({ length: tokens }, (_, i) => (i * 7) % vocabulary),
  tokenWeights: new Float32Array(tokens).fill(1),
  bounds: Int32Array.from(
    lengths.flatMap((length, i) => {
      const start = lengths.slice(0, i).reduce((a, b) => a + b, 0);
      return [start, start + length];
    }),
  ),
  refLogps: Float32Array.from(lengths, (length, i) => -3.5 * length + (i % 2)),
  lengths: Float32Array.from(lengths),
  scale: Float32Array.of(0.5),
};
const weight = numbers(vocabulary * width, 9, 1);
const shares = { weights: { sigmoid: 0.8, aot: 0.5, sft: 0.3 } };
const weighing = { logSumSquares: true, meanLogits: true };

/** Loss and gradient of the output layer, by the float64 references one after another. */
function truth(): { loss: number; dweight: ArrayLike<number> } {
  const host = (shape: number[], data: HostArrays[string]['data']) => ({ shape, data });
  const layer: HostArrays = {
    hidden: host([tokens, width], Float64Array.from(values.hidden)),
    weight: host([vocabulary, width], Float64Array.from(weight)),
    targets: host([tokens], values.targets),
  };
  const { logps } = tokenLogpsReference.forward(layer, {}) as { logps: HostArrays[string] };
  const { logSumSquares } = tokenLogpsReference.statistics(layer, {});
  const bounds = host([2 * pairs, 2], values.bounds);
  const sequences = { x: logps, weights: host([tokens], values.tokenWeights), bounds };
  const answers: HostArrays = {
    logps: segmentSum.reference.forward(sequences, {}).y!,
    refLogps: host([2 * pairs], values.refLogps),
    lengths: host([2 * pairs], values.lengths),
    scale: host([1], values.scale),
    weights: wpoWeights.reference.forward({ logps, logSumSquares: logSumSquares!, bounds }, {})
      .weights!,
  };
  let loss = 0;
  const slopes = new Float64Array(2 * pairs);
  for (const [operation, share] of [
    [dpoSigmoid, 0.8],
    [dpoAot, 0.5],
    [dpoSft, 0.3],
  ] as const) {
    loss += share * operation.reference.forward(answers, {}).loss!.data[0]!;
    const one = { loss: host([1], Float64Array.of(share)) };
    operation.reference.backward(answers, one, {}).logps!.data.forEach((slope, i) => {
      slopes[i]! += slope;
    });
  }
  const dy = { y: host([2 * pairs], slopes) };
  const dlogps = segmentSum.reference.backward!(sequences, dy, {}).x!;
  return { loss, dweight: tokenLogpsReference.backward(layer, { logps: dlogps }, {}).weight!.data };
}

test('a mixture of pair losses trains an output layer as float64 does, tokens to weights', async () => {
  const store = new Store(await testGpu());
  const executor = new Executor(store);
  store.create('weight', [vocabulary, width]);
  store.create('dweight', [vocabulary, width]);
  store.write('weight', weight);
  const graph = new Graph(executor.gpu.traits);
  const input = (name: keyof typeof values, shape: number[], dtype: 'f32' | 'i32' = 'f32') =>
    graph.input(name, shape, dtype);
  const layer = graph.resident('weight', [vocabulary, width]);
  graph.train(layer, graph.resident('dweight', [vocabulary, width]));
  const bounds = input('bounds', [2 * pairs, 2], 'i32');
  const [hidden, targets] = [input('hidden', [tokens, width]), input('targets', [tokens], 'i32')];
  const token = graph.apply(tokenLogps, { hidden, weight: layer, targets }, weighing);
  const tokenWeights = input('tokenWeights', [tokens]);
  const sequences = { x: token.logps, weights: tokenWeights, bounds };
  const squares = { logps: token.logps, logSumSquares: token.logSumSquares!, bounds };
  const answers = {
    logps: graph.apply(segmentSum, sequences, {}).y,
    refLogps: input('refLogps', [2 * pairs]),
    lengths: input('lengths', [2 * pairs]),
    scale: input('scale', [1]),
    weights: graph.apply(wpoWeights, squares, {}).weights,
  };
  const { loss } = graph.apply(
    weightedLoss,
    {
      sigmoid: graph.apply(dpoSigmoid, answers, {}).loss,
      aot: graph.apply(dpoAot, answers, {}).loss,
      sft: graph.apply(dpoSft, answers, {}).loss,
    },
    shares,
  );
  graph.backward(loss);
  graph.output('loss', loss);
  graph.output('meanLogits', token.meanLogits!);
  const plan = await executor.compile(graph);
  const expected = truth();
  for (let step = 0; step < 2; step++) {
    const found = await executor.run([[plan, values]], { clear: ['dweight'] });
    expect(Math.abs(found.loss![0]! / expected.loss - 1)).toBeLessThan(2e-6);
    const dweight = await store.read('dweight');
    const largest = Math.max(...Array.from(expected.dweight, Math.abs));
    dweight.forEach((slope, i) => {
      expect(Math.abs(slope - expected.dweight[i]!)).toBeLessThan(5e-6 * largest);
    });
    // The mean over the vocabulary is also the product with the layer's mean row.
    for (let t = 0; t < tokens; t++) {
      let mean = 0;
      for (let i = 0; i < weight.length; i++) {
        mean += (weight[i]! * values.hidden[t * width + (i % width)]!) / vocabulary;
      }
      expect(Math.abs(found.meanLogits![t]! - mean)).toBeLessThan(2e-6);
    }
  }
  plan.destroy();
  executor.destroy();
  store.destroy();
});
