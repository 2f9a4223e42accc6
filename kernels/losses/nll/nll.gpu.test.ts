import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random, variants, worstError } from '../../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../../contract/index.ts';
import { nll, nllReference } from './nll.ts';

/** Log-probabilities in [-12, 0), a third of the tokens left out. */
function problem(n: number): HostArrays {
  const logps = random([n], 1, 12).data.map((x) => x - 6);
  const weights = Float32Array.from({ length: n }, (_, i) => [1, 0, 1.5][i % 3]!);
  return {
    logps: { shape: [n], data: logps },
    weights: array([n], weights),
    scale: array([1], [1 / 64]),
  };
}

test.each([1, 63, 64, 65, 257, 5000])('loss and gradient of %i tokens equal float64', async (n) => {
  await checkKernel(nll, problem(n), {}, { tolerance: 1e-6, needs: ['logps'] });
});

test('a million tokens are summed to 1e-6, with their metrics', async () => {
  const { device } = await testGpu();
  const inputs = problem(1_000_003);
  for (const [label, traits] of await variants()) {
    const { loss, metrics } = await runRecorded(
      device,
      inputs,
      (r, t) => ({ ...nll.forward(r, t as never, {}) }),
      traits,
    );
    expect(worstError(loss!, nllReference.forward(inputs).loss!), label).toBeLessThan(1e-6);
    const expected = nllReference.metrics(inputs);
    metrics!.data.forEach((value, i) => {
      expect(Math.abs(value / expected[i]! - 1), `${label} ${i}`).toBeLessThan(1e-6);
    });
  }
});

test('a token of weight 0 may hold anything', async () => {
  const { device } = await testGpu();
  const inputs: HostArrays = {
    logps: array([3], [-2, Number.NEGATIVE_INFINITY, Number.NaN]),
    weights: array([3], [1, 0, 0]),
    scale: array([1], [0.5]),
  };
  const { loss, gradient } = await runRecorded(device, inputs, (r, t) => ({
    ...nll.forward(r, t as never, {}),
  }));
  expect([...loss!.data]).toEqual([1]);
  expect([...gradient!.data]).toEqual([-0.5, 0, 0]);
});
