import { expect, test } from 'vitest';
import { checkKernel, random } from '../contract/checks.ts';
import { array, type HostArrays } from '../contract/index.ts';
import { segmentSpread } from './segment-spread.ts';

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
    x: random([rows], 1, 8),
    weights: array(
      [count],
      Float32Array.from({ length: count }, (_, i) => (i % 5 === 3 ? 0 : 1 / (1 + (i % 3)))),
    ),
    bounds: array([rows, 2], bounds),
  };
}

test.each([1, 63, 64, 65, 257])(
  'tokens and gradient of %i sequences equal float64',
  async (rows) => {
    await checkKernel(segmentSpread, problem(rows), {}, { needs: ['x'] });
  },
);

test('a sequence of 20000 tokens sums its gradient to 2e-6', async () => {
  const given: HostArrays = {
    ...problem(200),
    x: random([1], 1),
    bounds: array([1, 2], Int32Array.of(0, 20_000)),
  };
  expect(given.weights!.data.length).toBeGreaterThan(20_000);
  await checkKernel(segmentSpread, given, {}, { needs: ['x'] });
});
