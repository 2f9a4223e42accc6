import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, checkTangent, random, worstError } from '../contract/checks.ts';
import { runRecorded } from '../contract/index.ts';
import { lora } from './lora.ts';

function layer(tokens: number[], out: number, width: number, rank: number) {
  return {
    x: random([...tokens, width], 1),
    weight: random([out, width], 2),
    a: random([rank, width], 3),
    b: random([out, rank], 4),
  };
}

const seed = { shape: [2], data: Uint32Array.of(7, 9) };

test('lora and its gradients equal the reference at odd and even sizes', async () => {
  for (const [tokens, out, width, rank] of [
    [1, 63, 65, 1],
    [64, 64, 64, 8],
    [65, 257, 63, 3],
    [128, 192, 576, 8],
  ] as const) {
    // Gradients pass through sums that nearly cancel: a rank of 1 leaves one such number.
    await checkKernel(
      lora,
      layer([tokens], out, width, rank),
      { scale: 2 },
      {
        gradientTolerance: 5e-6,
      },
    );
  }
});

test('lora takes a bias, leading dimensions and dropout', async () => {
  const inputs = { ...layer([2, 33], 36, 40, 4), bias: random([36], 6), seed };
  await checkKernel(lora, inputs, { scale: 0.5, dropout: 0.25 });
});

/** q, k and v of a small model side by side, each with its own rank; what lies between the blocks is zero. */
function stacked(tokens: number, outs: number[], width: number, ranks: number[]) {
  const before = (sizes: number[], i: number) => sizes.slice(0, i).reduce((a, b) => a + b, 0);
  const [out, rank] = [before(outs, outs.length), before(ranks, ranks.length)];
  const blocks = outs.slice(1).map((_, i) => [before(outs, i + 1), before(ranks, i + 1)] as const);
  const block = (at: number, side: 0 | 1) => blocks.filter((corner) => at >= corner[side]).length;
  const b = random([out, rank], 4);
  b.data.forEach((_, i) => {
    if (block(Math.floor(i / rank), 0) !== block(i % rank, 1)) b.data[i] = 0;
  });
  const inputs = { ...layer([tokens], out, width, rank), b, residual: random([tokens, out], 7) };
  return { inputs, blocks };
}

test.each([
  [33, [24, 8, 8], 24, [4, 4, 4]],
  [65, [63, 17, 5], 20, [3, 0, 2]],
  [64, [576, 192, 192], 64, [8, 8, 8]],
])(
  'layers of %i tokens side by side, %j outputs, keep to their blocks',
  async (tokens, outs, width, ranks) => {
    const { inputs, blocks } = stacked(tokens, outs, width, ranks);
    await checkKernel(lora, inputs, { scale: 0.5, blocks }, { gradientTolerance: 5e-6 });
  },
);

test('lora adds the gradients of a and b to those of an earlier micro-batch', async () => {
  const { device } = await testGpu();
  const inputs = layer([48], 32, 24, 4);
  const dy = random([48, 32], 5);
  const options = { scale: 1.5 };
  const truth = lora.reference.backward!(inputs, { y: dy }, options);
  const results = await runRecorded(device, { ...inputs, dy }, (recorder, all) => {
    const { x, weight, a, b } = all as Record<keyof ReturnType<typeof layer>, (typeof all)[string]>;
    const own = { x, weight, a, b };
    const outputs = lora.forward(recorder, own, options);
    const context = {
      inputs: own,
      outputs,
      gradients: { y: all.dy! },
      options,
      needs: { a: true, b: true },
    };
    const first = lora.backward!(recorder, { ...context, into: {} });
    return { ...lora.backward!(recorder, { ...context, into: first }) };
  });
  for (const name of ['a', 'b']) {
    const twice = truth[name]!.data.map((v) => 2 * v);
    expect(worstError(results[name]!, { shape: [], data: twice })).toBeLessThan(2e-6);
  }
});

test.each([
  [1, 63, 65, 1],
  [64, 64, 64, 8],
  [65, 257, 63, 3],
  [128, 192, 576, 8],
])('%i tokens to %i from %i, rank %i, move with all operands as float64 says', async (...sizes) => {
  const [tokens, out, width, rank] = sizes;
  const inputs = {
    ...layer([tokens], out, width, rank),
    bias: random([out], 6),
    residual: random([tokens, out], 7),
  };
  const wrt = ['x', 'weight', 'a', 'b', 'bias', 'residual'];
  await checkTangent(lora, inputs, { scale: 2 }, { wrt, tolerance: 5e-6 });
});

test('what is dropped does not move, and layers side by side move with their blocks', async () => {
  const dropping = { ...layer([2, 33], 36, 40, 4), seed };
  const wrt = ['x', 'a', 'b'];
  await checkTangent(lora, dropping, { scale: 0.5, dropout: 0.25 }, { wrt, tolerance: 5e-6 });
  const { inputs, blocks } = stacked(33, [24, 8, 8], 24, [4, 4, 4]);
  const options = { scale: 0.5, blocks };
  await checkTangent(lora, inputs, options, { wrt: ['x', 'a', 'residual'], tolerance: 5e-6 });
});
