import { expect, test } from 'vitest';
import { testGpu } from './testing.ts';

test('a device comes with traits', async () => {
  const gpu = await testGpu();
  expect(gpu.traits.maxWorkgroups).toBeGreaterThan(0);
});
