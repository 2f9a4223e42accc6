import { describe, test } from 'vitest';
import { checkKernel, checkTangent, random } from '../../contract/checks.ts';
import { gelu } from './gelu.ts';

describe.each(['none', 'tanh'] as const)('gelu %s', (approximate) => {
  test.each([1, 63, 64, 65, 257, 20_011])(
    '%i numbers and their gradients equal float64',
    async (n) => {
      // One number far out is compared by itself: there the exponential's own rounding shows.
      await checkKernel(
        gelu,
        { x: random([n], 1, 12) },
        { approximate },
        { tolerance: n === 1 ? 4e-6 : 2e-6 },
      );
    },
  );

  test('keeps its relative error for numbers near 0', async () => {
    await checkKernel(gelu, { x: random([100], 1, 1e-4) }, { approximate });
  });

  test('numbers of ±100 give neither NaN nor overflow', async () => {
    await checkKernel(gelu, { x: random([100], 1, 200) }, { approximate });
  });
});

test.each(['none', 'tanh'] as const)('y moves with x as float64 says, %s', async (approximate) => {
  for (const n of [63, 64, 257]) {
    await checkTangent(gelu, { x: random([n], 1, 8) }, { approximate }, { wrt: ['x'] });
  }
});
