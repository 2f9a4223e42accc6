import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random } from '../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../contract/index.ts';
import { segmentSum } from './segment-sum.ts';

/** `rows` sequences of 1 to 200 tokens with gaps between them; every fifth weight is 0. */
function problem(rows: number): HostArrays {
  const bounds = new Int32Array(2 * rows);
  let at = 2;
  for (let row = 0; row < rows; row++) {
    bounds[2 * row] = at;
    at += 1 + ((row * 67) % 200);
    bounds[2 * row + 1] = at;
    at += row % 3;
  }
  const count = at + 5;
  return {
    x: { shape: [count], data: random([count], 1, 8).data.map((x) => x - 4) },
    weights: array(
      [count],
      Float32Array.from({ length: count }, (_, i) => (i % 5 === 3 ? 0 : 1 / (1 + (i % 3)))),
    ),
    bounds: array([rows, 2], bounds),
  };
}

test.each([1, 63, 64, 65, 257])('sums and gradient of %i sequences equal float64', async (rows) => {
  await checkKernel(segmentSum, problem(rows), {}, { needs: ['x'] });
});

test('a sequence of 20000 tokens is summed to 1e-6', async () => {
  const inputs = { ...problem(200), bounds: array([1, 2], Int32Array.of(0, 20_000)) };
  await checkKernel(segmentSum, inputs, {}, { tolerance: 1e-6, needs: ['x'] });
});

test('a token of weight 0 may hold anything', async () => {
  const { device } = await testGpu();
  const inputs: HostArrays = {
    x: array([3], [-2, Number.NaN, Number.NEGATIVE_INFINITY]),
    weights: array([3], [1, 0, 0]),
    bounds: array([1, 2], Int32Array.of(0, 3)),
  };
  const { y } = await runRecorded(device, inputs, (r, t) => ({
    ...segmentSum.forward(r, t as never, {}),
  }));
  expect([...y!.data]).toEqual([-2]);
});
