import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { random, worstError } from '../../contract/checks.ts';
import { runRecorded } from '../../contract/index.ts';
import { mix, mixReference } from './mix.ts';

test.each([1, 63, 64, 65, 257, 70_001])('mixes %i numbers in place', async (n) => {
  const { device } = await testGpu();
  const arrays = { a: random([n], 1), b: random([n], 2) };
  const { a } = await runRecorded(device, arrays, (recorder, { a, b }) => {
    mix(recorder, a!, b!, 0.6);
    return { a };
  });
  expect(worstError(a!, mixReference(arrays.a, arrays.b, 0.6))).toBeLessThan(3e-7);
});

test('a share of 1 copies, bit for bit', async () => {
  const { device } = await testGpu();
  const arrays = { a: random([130], 1), b: random([130], 2) };
  const { a } = await runRecorded(device, arrays, (recorder, { a, b }) => {
    mix(recorder, a!, b!, 1);
    return { a };
  });
  expect([...a!.data]).toEqual([...arrays.b.data].map(Math.fround));
});
