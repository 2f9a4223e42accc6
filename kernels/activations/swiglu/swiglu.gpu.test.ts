import { test } from 'vitest';
import { checkKernel, checkTangent, random } from '../../contract/checks.ts';
import { swiglu } from './swiglu.ts';

test.each([1, 63, 64, 65, 257, 20_011])(
  '%i numbers and their gradients equal float64',
  async (n) => {
    await checkKernel(swiglu, { gate: random([2, n], 1, 16), up: random([2, n], 2, 3) }, {});
  },
);

test.each([1, 63, 64, 257])(
  'gate and up side by side, %i columns each, equal float64',
  async (n) => {
    await checkKernel(swiglu, { gate: random([5, 2 * n], 1, 16) }, {});
  },
);

test('gates of ±200 neither overflow nor give NaN', async () => {
  await checkKernel(swiglu, { gate: random([1, 64], 1, 400), up: random([1, 64], 2) }, {});
});

test('only the gradient that is wanted is returned', async () => {
  const inputs = { gate: random([3, 5], 1), up: random([3, 5], 2) };
  await checkKernel(swiglu, inputs, {}, { needs: ['up'] });
});

test.each([1, 63, 64, 65, 257, 20_011])(
  '%i numbers move with gate and up as float64 says',
  async (n) => {
    const inputs = { gate: random([2, n], 1, 16), up: random([2, n], 2, 3) };
    await checkTangent(swiglu, inputs, {}, { wrt: ['gate', 'up'] });
    if (n < 300) {
      await checkTangent(swiglu, { gate: random([5, 2 * n], 1, 16) }, {}, { wrt: ['gate'] });
    }
  },
);
