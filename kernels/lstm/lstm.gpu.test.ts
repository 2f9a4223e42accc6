import { test } from 'vitest';
import { checkKernel, random } from '../contract/checks.ts';
import { lstm } from './lstm.ts';

test.each([
  [1, 1],
  [2, 63],
  [20, 64],
  [5, 65],
  [3, 257],
])('%i rows of %i units and their gradients equal float64', async (rows, hidden) => {
  const inputs = {
    gates: random([rows, 4 * hidden], 1, 4),
    weight: random([4 * hidden, hidden], 2, 4 / Math.sqrt(hidden)),
    bias: random([4 * hidden], 3),
  };
  for (const reverse of [false, true]) {
    // With a single row there is no state, and its weight has no gradient.
    const needs = rows > 1 ? ['gates', 'weight', 'bias'] : ['gates', 'bias'];
    await checkKernel(lstm, inputs, { reverse }, { tolerance: 4e-6, needs });
  }
});
