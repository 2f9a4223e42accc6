import { test } from 'vitest';
import { checkKernel, checkTangent, random } from '../../contract/checks.ts';
import { scale } from './scale.ts';

test.each([1, 63, 64, 65, 257])('%i numbers and their gradients equal float64', async (n) => {
  await checkKernel(scale, { x: random([n], 1) }, { factor: 4 });
});

test('y moves as x does, times the factor', async () => {
  await checkTangent(scale, { x: random([65], 1) }, { factor: -3 }, { wrt: ['x'] });
});
