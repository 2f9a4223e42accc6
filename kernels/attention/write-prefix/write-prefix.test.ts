import { expect, test } from 'vitest';
import { array } from '../../contract/index.ts';
import { writePrefixReference } from './write-prefix.ts';

test('every sequence gets the same rows in its first slots, from the column on', () => {
  const source = array([3, 2], [9, 1, 9, 2, 9, 3]);
  const cache = array([2, 3, 1], [0, 0, 0, 0, 0, 0]);
  const place = { virtual: 2, row: 1, column: 1 };
  expect([...writePrefixReference({ cache, source }, place).data]).toEqual([2, 3, 0, 2, 3, 0]);
});
