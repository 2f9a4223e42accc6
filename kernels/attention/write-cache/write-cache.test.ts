import { expect, test } from 'vitest';
import { array } from '../../contract/index.ts';
import { writeCacheReference } from './write-cache.ts';

test('rows go to their slots, and padding goes nowhere', () => {
  const { data } = writeCacheReference(
    {
      cache: array([2, 3, 1], [0, 0, 0, 0, 0, 0]),
      rows: array([4, 1], [1, 2, 3, 4]),
      positions: array([4], Int32Array.from([2, 0, -1, 1])),
    },
    { length: 2 },
  );
  expect([...data]).toEqual([2, 0, 1, 0, 4, 0]);
});
