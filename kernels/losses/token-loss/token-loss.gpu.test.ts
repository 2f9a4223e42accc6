import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { random, variants, worstError } from '../../contract/checks.ts';
import { array, type HostArray, runRecorded, type Tensor } from '../../contract/index.ts';
import { recordTokenLoss, recordTokenLossGradient, tokenLossShader } from './token-loss.ts';

/** Σ x², with the sums 1, x, x²; a number above 9 is taken as broken. */
const source = tokenLossShader(
  'squares.forward',
  `#include "token-loss.forward.wgsl"
struct Params { count: u32 }
const COLUMNS = 3u;
@group(0) @binding(4) var<storage, read> x: array<f32>;
fn token(i: u32) -> Token {
  if (x[i] > 9.0) {
    return brokenToken();
  }
  return Token(2.0 * x[i], array(1.0, x[i], x[i] * x[i]));
}
`,
);

const arrays = (x: HostArray) => ({ x, scale: array([1], [0.5]), dloss: array([1], [3]) });
const sum = (x: HostArray, f: (value: number) => number): HostArray =>
  array([1], Float64Array.of(Array.from(x.data, f).reduce((a, b) => a + b, 0)));

async function run(x: HostArray, traits?: Parameters<typeof runRecorded>[3]) {
  const { device } = await testGpu();
  const work = (
    recorder: Parameters<Parameters<typeof runRecorded>[2]>[0],
    all: Record<string, Tensor>,
  ) => {
    const outputs = recordTokenLoss(recorder, {
      source,
      inputs: { x: all.x! },
      scale: all.scale!,
      columns: 3,
      metrics: 2,
      loss: 2,
    });
    return { ...outputs, chained: recordTokenLossGradient(recorder, outputs, all.dloss!) };
  };
  return runRecorded(device, arrays(x), work, traits);
}

test.each([1, 63, 64, 65, 257, 5000, 1_100_000])(
  'the sums of %i tokens and both gradients equal float64',
  async (n) => {
    const x = random([n], 1, 2);
    for (const [label, traits] of await variants()) {
      const { loss, metrics, gradient, chained } = await run(x, traits);
      const half = { shape: [1], data: sum(x, (v) => 0.5 * v * v).data };
      expect(worstError(loss!, half), label).toBeLessThan(1e-6);
      expect(metrics!.data[0], label).toBe(n);
      const total = sum(x, (v) => v).data[0]!;
      const absolute = sum(x, Math.abs).data[0]!;
      expect(Math.abs(metrics!.data[1]! - total) / absolute, label).toBeLessThan(1e-6);
      const slopes = (factor: number) => ({
        shape: [n],
        data: Float64Array.from(x.data, (v) => factor * v),
      });
      expect(worstError(gradient!, slopes(1)), label).toBeLessThan(1e-6);
      expect(worstError(chained!, slopes(3)), label).toBeLessThan(1e-6);
    }
  },
);

test('a broken token is NaN in every sum and in its own slope alone', async () => {
  const x = random([3000], 1, 2);
  x.data[1234] = 10;
  const { loss, metrics, gradient, chained } = await run(x);
  expect([loss!.data[0], ...metrics!.data]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  for (const found of [gradient!, chained!]) {
    expect(
      Array.from(found.data, (v, i) => (Number.isNaN(v) ? i : -1)).filter((i) => i >= 0),
    ).toEqual([1234]);
  }
});
