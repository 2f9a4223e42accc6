import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array } from '../../contract/index.ts';
import { scale, scaleReference } from './scale.ts';

test('every number is multiplied', () => {
  const { y } = scaleReference.forward({ x: array([1, 2], [1, -3]) }, { factor: 4 });
  expect([...y!.data]).toEqual([4, -12]);
});

test('its gradient is that of finite differences', () => {
  checkGradients(scale, { x: random([3, 5], 1) }, { factor: -2.5 });
});
