import { describe, test } from 'vitest';
import { checkKernel, random } from '../../contract/checks.ts';
import { activate } from './activate.ts';

describe.each(['relu', 'tanh', 'silu'] as const)('%s', (kind) => {
  test.each([1, 63, 64, 65, 257, 20_011])(
    '%i numbers and their gradients equal float64',
    async (n) => {
      await checkKernel(activate, { x: random([n], 1, 12) }, { kind });
    },
  );

  test('keeps its relative error for numbers near 0', async () => {
    await checkKernel(activate, { x: random([100], 1, 1e-4) }, { kind });
  });

  test('numbers of ±100 give neither NaN nor overflow', async () => {
    await checkKernel(activate, { x: random([100], 1, 200) }, { kind });
  });
});
