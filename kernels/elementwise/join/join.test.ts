import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array } from '../../contract/index.ts';
import { join, joinReference } from './join.ts';

test('rows lie side by side', () => {
  const { y } = joinReference.forward({ a: array([2, 1], [1, 2]), b: array([2, 2], [3, 4, 5, 6]) });
  expect([...y!.data]).toEqual([1, 3, 4, 2, 5, 6]);
});

test('its gradients are those of finite differences', () => {
  checkGradients(join, { a: random([3, 2], 1), b: random([3, 4], 2) }, {});
});
