import { expect, test } from 'vitest';
import { array } from '../../contract/index.ts';
import { accumulateReference } from './accumulate.ts';

test('adds the second array to the first', () => {
  const { data } = accumulateReference(array([3], [1, 2, 3]), array([3], [10, 20, 30]));
  expect([...data]).toEqual([11, 22, 33]);
});
