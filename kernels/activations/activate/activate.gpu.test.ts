import { describe, test } from 'vitest';
import { checkKernel, checkTangent, random } from '../../contract/checks.ts';
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

test.each(['relu', 'tanh', 'silu'] as const)('y moves with x as float64 says, %s', async (kind) => {
  for (const n of [63, 64, 257]) {
    const x = random([n], 1, 8);
    // A difference across the corner of relu is none of its slopes.
    x.data.forEach((value, i, all) => {
      all[i] = Math.abs(value) < 0.01 ? 0.5 : value;
    });
    await checkTangent(activate, { x }, { kind }, { wrt: ['x'] });
  }
});
