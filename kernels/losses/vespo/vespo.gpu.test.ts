import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random, worstError } from '../../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../../contract/index.ts';
import { vespo, vespoReference } from './vespo.ts';

/** `rows` sequences of 1 to 130 tokens with gaps between them; every fifth token is no member. */
function problem(rows: number): HostArrays {
  const bounds = new Int32Array(2 * rows);
  const advantages: number[] = [];
  let at = 0;
  for (let row = 0; row < rows; row++) {
    bounds[2 * row] = at;
    at += 1 + ((row * 67) % 130);
    bounds[2 * row + 1] = at;
    at += row % 3;
    while (advantages.length < at) advantages.push(((row * 7) % 5) - 1.5);
  }
  const members = Float32Array.from({ length: at }, (_, i) => (i % 5 === 3 ? 0 : 1));
  return {
    logps: random([at], 1, 0.4),
    oldLogps: random([at], 2, 0.4),
    advantages: array([at], advantages),
    members: array([at], members),
    mask: array(
      [at],
      members.map((m, i) => m / (1 + (i % 3))),
    ),
    bounds: array([rows, 2], bounds),
    scale: array([1], [1 / 7]),
  };
}

test.each([1, 63, 64, 65, 257])('loss and gradient of %i sequences equal float64', async (rows) => {
  // A sum of a hundred log-ratios goes through exp three times.
  await checkKernel(vespo, problem(rows), {}, { needs: ['logps'], tolerance: 1e-5 });
});

test('metrics of 100 sequences equal float64, and a token outside may hold anything', async () => {
  const { device } = await testGpu();
  const inputs = problem(100);
  inputs.logps!.data[3] = Number.NaN;
  const { metrics } = await runRecorded(device, inputs, (r, t) => ({
    ...vespo.forward(r, t as never, {}),
  }));
  expect(worstError(metrics!, array([2], vespoReference.metrics(inputs, {})))).toBeLessThan(1e-5);
});
