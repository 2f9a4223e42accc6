import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array } from '../../contract/index.ts';
import { layerNorm, layerNormReference } from './layer-norm.ts';

test('centres a row and divides it by its standard deviation', () => {
  const inputs = {
    x: array([1, 2], [1, 5]),
    weight: array([2], [1, 10]),
    bias: array([2], [7, 0]),
  };
  expect([...layerNormReference.forward(inputs, { eps: 0 }).y!.data]).toEqual([6, 10]);
});

test('its gradients are those of finite differences, with a bias and without', () => {
  const inputs = { x: random([3, 7], 1), weight: random([7], 2) };
  checkGradients(layerNorm, inputs, { eps: 1e-3 });
  checkGradients(layerNorm, { ...inputs, bias: random([7], 3) }, { eps: 1e-3 });
});
