import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { random } from '../../contract/checks.ts';
import { runRecorded } from '../../contract/index.ts';
import { writePrefix, writePrefixReference } from './write-prefix.ts';

test.each([
  [1, 1, 1],
  [3, 63, 4],
  [2, 65, 17],
  [4, 20, 192],
])('%i sequences, %i virtual tokens, rows of %i', async (batch, virtual, width) => {
  const { device } = await testGpu();
  const arrays = {
    cache: random([batch, virtual + 7, width], 1),
    source: random([virtual + 2, 3 * width], 2),
  };
  const place = { virtual, row: 2, column: width };
  const { cache } = await runRecorded(device, arrays, (recorder, { cache, source }) => {
    writePrefix(recorder, { cache: cache!, source: source! }, place);
    return { cache };
  });
  expect([...cache!.data]).toEqual([...writePrefixReference(arrays, place).data]);
});
