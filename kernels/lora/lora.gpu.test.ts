import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random, worstError } from '../contract/checks.ts';
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
