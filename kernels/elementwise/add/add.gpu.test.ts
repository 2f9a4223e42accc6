import { test } from 'vitest';
import { checkKernel, checkTangent, random } from '../../contract/checks.ts';
import { add } from './add.ts';

test.each([1, 63, 64, 65, 257, 70_001])('adds %i numbers as float64 does', async (n) => {
  await checkKernel(add, { a: random([n, 1], 1), b: random([n, 1], 2) }, {});
});

test('y moves as a and b do', async () => {
  const inputs = { a: random([65, 3], 1), b: random([65, 3], 2) };
  await checkTangent(add, inputs, {}, { wrt: ['a', 'b'] });
});
