import { test } from 'vitest';
import { checkKernel, random } from '../../contract/checks.ts';
import { joinColumns } from './columns.ts';

test.each([1, 63, 64, 65, 257])(
  '%i rows of three parts and their gradients equal float64',
  async (n) => {
    const of = (widths: number[]) =>
      Object.fromEntries(widths.map((width, i) => [`p${i}`, random([n, width], i)]));
    await checkKernel(joinColumns, of([3, 1, 5]), {});
    await checkKernel(joinColumns, of([64, 8, 12]), {});
  },
);

test('eleven parts keep their order', async () => {
  const parts = Array.from({ length: 11 }, (_, i) => [`p${i}`, random([4, 2], i)] as const);
  await checkKernel(joinColumns, Object.fromEntries(parts), {});
});
