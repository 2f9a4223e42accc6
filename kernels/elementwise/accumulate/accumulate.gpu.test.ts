import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { random, worstError } from '../../contract/checks.ts';
import { runRecorded } from '../../contract/index.ts';
import { accumulate, accumulateReference } from './accumulate.ts';

test.each([1, 63, 64, 65, 257, 70_001])('adds %i numbers in place', async (n) => {
  const { device } = await testGpu();
  const arrays = { a: random([n], 1), b: random([1, n], 2) };
  const { a } = await runRecorded(device, arrays, (recorder, { a, b }) => {
    accumulate(recorder, a!, b!);
    return { a };
  });
  expect(worstError(a!, accumulateReference(arrays.a, arrays.b))).toBeLessThan(2e-7);
});

test('leaves what stands behind a view of odd length as it is', async () => {
  const { device } = await testGpu();
  const arrays = { whole: random([64 + 4], 1), b: random([3], 2) };
  const { whole } = await runRecorded(device, arrays, (recorder, { whole, b }) => {
    accumulate(recorder, recorder.view(whole!, [3], 64), b!);
    return { whole };
  });
  expect(whole!.data[67]).toBe(arrays.whole.data[67]);
  expect(whole!.data[66]).toBe(Math.fround(arrays.whole.data[66]! + arrays.b.data[2]!));
});
