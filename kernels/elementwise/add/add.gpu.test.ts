import { test } from 'vitest';
import { checkKernel, random } from '../../contract/checks.ts';
import { add } from './add.ts';

test.each([1, 63, 64, 65, 257, 70_001])('adds %i numbers as float64 does', async (n) => {
  await checkKernel(add, { a: random([n, 1], 1), b: random([n, 1], 2) }, {});
});
