import { test } from 'vitest';
import { checkKernel, checkTangent, random } from '../contract/checks.ts';
import { softmax } from './softmax.ts';

test.each([1, 63, 64, 65, 257, 5003])('rows of %i and their gradients equal float64', async (n) => {
  await checkKernel(softmax, { x: random([3, n], 1, 10) }, {});
});

test.each([63, 65, 257])('%i rows and their gradients equal float64', async (rows) => {
  await checkKernel(softmax, { x: random([rows, 33], 1, 10) }, {});
});

test('numbers of ±500 give neither NaN nor overflow', async () => {
  await checkKernel(softmax, { x: random([5, 65], 1, 1000) }, {}, { tolerance: 3e-6 });
});

test.each([1, 63, 64, 65, 257, 5003])(
  'rows of %i move with their scores as float64 says',
  async (n) => {
    // A single score moves nothing: only rounding could be compared.
    const scores = { x: random([3, n], 1, 10) };
    if (n > 1) await checkTangent(softmax, scores, {}, { wrt: ['x'] });
  },
);
