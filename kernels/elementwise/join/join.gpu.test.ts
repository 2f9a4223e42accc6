import { test } from 'vitest';
import { checkKernel, random } from '../../contract/checks.ts';
import { join } from './join.ts';

test.each([1, 63, 64, 65, 257])('%i rows and their gradients equal float64', async (rows) => {
  await checkKernel(join, { a: random([rows, 5], 1), b: random([rows, 12], 2) }, {});
});
