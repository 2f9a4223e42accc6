import { test } from 'vitest';
import { checkKernel, random } from '../../contract/checks.ts';
import { array } from '../../contract/index.ts';
import { wpoWeights } from './wpo-weights.ts';

test.each([1, 63, 64, 65, 257])('weights of %i answers equal float64', async (rows) => {
  const bounds = new Int32Array(2 * rows);
  let at = 0;
  for (let row = 0; row < rows; row++) {
    bounds[2 * row] = at;
    if (row % 7 !== 6) at += 1 + ((row * 67) % 200);
    bounds[2 * row + 1] = at;
  }
  const inputs = {
    logps: { shape: [at], data: random([at], 1, 4).data.map((x) => x - 2) },
    logSumSquares: { shape: [at], data: random([at], 2, 3).data.map((x) => x - 1.5) },
    bounds: array([rows, 2], bounds),
  };
  await checkKernel(wpoWeights, inputs, {});
});
