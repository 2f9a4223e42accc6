import { expect, test } from 'vitest';
import { checkGradients, random } from '../contract/checks.ts';
import { array } from '../contract/index.ts';
import { rope, ropeReference } from './rope.ts';

test('a quarter turn takes (a, b) to (-b, a), and position 0 changes nothing', () => {
  const inputs = {
    x: array([2, 4], [1, 2, 3, 4, 5, 6, 7, 8]),
    cos: array([2, 2], [1, 1, 0, 0]),
    sin: array([2, 2], [0, 0, 1, 1]),
    positions: array([2], Int32Array.from([1, 0])),
  };
  const { y } = ropeReference.forward(inputs, { headDim: 4 });
  expect([...y!.data]).toEqual([-3, -4, 1, 2, 5, 6, 7, 8]);
});

test('the gradient of rope is that of finite differences', () => {
  checkGradients(
    rope,
    {
      x: random([3, 12], 1),
      cos: random([5, 3], 2),
      sin: random([5, 3], 3),
      positions: array([3], Int32Array.from([0, 4, 2])),
    },
    { headDim: 6 },
  );
});
