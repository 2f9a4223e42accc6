import { expect, test } from 'vitest';
import { array } from '../../contract/index.ts';
import { mixReference } from './mix.ts';

test('goes the given share of the way from the first array to the second', () => {
  const [a, b] = [array([3], [1, 2, -4]), array([3], [5, 2, 4])];
  expect([...mixReference(a, b, 0.25).data]).toEqual([2, 2, -2]);
  expect([...mixReference(a, b, 0).data]).toEqual([...a.data]);
  expect([...mixReference(a, b, 1).data]).toEqual([...b.data]);
});
