import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array } from '../../contract/index.ts';
import { columnsReference, joinColumns } from './columns.ts';

test('parts stand side by side in the order of their numbers', () => {
  const parts = {
    p10: array([2, 1], [7, 8]),
    p2: array([2, 2], [3, 4, 5, 6]),
    p0: array([2, 1], [1, 2]),
  };
  const { y } = columnsReference.forward(parts);
  expect(y!.shape).toEqual([2, 4]);
  expect([...y!.data]).toEqual([1, 3, 4, 7, 2, 5, 6, 8]);
});

test('the gradients are those of finite differences', () => {
  checkGradients(joinColumns, { p0: random([3, 2], 1), p1: random([3, 5], 2) }, {});
});
