import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array } from '../../contract/index.ts';
import { add, addReference } from './add.ts';

test('adds element by element', () => {
  const { y } = addReference.forward({
    a: array([1, 3], [1, 2, 3]),
    b: array([1, 3], [10, 20, 30]),
  });
  expect([...y!.data]).toEqual([11, 22, 33]);
});

test('the gradient of add is that of finite differences', () => {
  checkGradients(add, { a: random([3, 5], 1), b: random([3, 5], 2) }, {});
});
