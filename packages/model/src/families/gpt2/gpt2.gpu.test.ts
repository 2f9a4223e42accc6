import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openModel } from '../../files/open.ts';
import { olderConfig, testFamily, testGguf } from '../testing/check-family.ts';

const folder = fileURLToPath(new URL('fixtures', import.meta.url));

testFamily(folder);
testGguf(folder);

test('the words of 2024 say the same', async () => {
  expect(olderConfig(folder)).toEqual({
    ...(await openModel(folder)).config,
    padTokenId: null,
  });
});
