import { describe, test } from 'vitest';
import { checkKernel, random } from '../../contract/checks.ts';
import { geglu } from './geglu.ts';

describe.each(['none', 'tanh'] as const)('with %s', (approximate) => {
  const options = { approximate };

  test.each([1, 63, 64, 65, 257, 20_011])(
    '%i numbers and their gradients equal float64',
    async (n) => {
      const inputs = { gate: random([2, n], 1, 16), up: random([2, n], 2, 3) };
      await checkKernel(geglu, inputs, options);
    },
  );

  test.each([1, 63, 64, 257])(
    'gate and up side by side, %i columns each, equal float64',
    async (n) => {
      await checkKernel(geglu, { gate: random([5, 2 * n], 1, 16) }, options);
    },
  );

  test('gates of ±200 neither overflow nor give NaN', async () => {
    await checkKernel(geglu, { gate: random([1, 64], 1, 400), up: random([1, 64], 2) }, options);
  });

  test('only the gradient that is wanted is returned', async () => {
    const inputs = { gate: random([3, 5], 1), up: random([3, 5], 2) };
    await checkKernel(geglu, inputs, options, { needs: ['up'] });
  });
});
