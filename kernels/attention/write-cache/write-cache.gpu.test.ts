import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { random } from '../../contract/checks.ts';
import { array, runRecorded } from '../../contract/index.ts';
import { writeCache, writeCacheReference } from './write-cache.ts';

test.each([
  [1, 1, 1],
  [3, 63, 4],
  [2, 65, 17],
  [1, 257, 192],
])('%i sequences of %i tokens, rows of %i', async (batch, length, width) => {
  const { device } = await testGpu();
  const capacity = length + 5;
  const slot = (i: number) => (i % 9 === 4 ? -1 : i % 13 === 6 ? capacity : (i % length) + 3);
  const arrays = {
    cache: random([batch, capacity, width], 1),
    rows: random([batch * length, width], 2),
    positions: array(
      [batch * length],
      Int32Array.from({ length: batch * length }, (_, i) => slot(i)),
    ),
  };
  const { cache } = await runRecorded(device, arrays, (recorder, { cache, rows, positions }) => {
    writeCache(recorder, { cache: cache!, rows: rows!, positions: positions! }, { length });
    return { cache };
  });
  expect([...cache!.data]).toEqual([...writeCacheReference(arrays, { length }).data]);
});
