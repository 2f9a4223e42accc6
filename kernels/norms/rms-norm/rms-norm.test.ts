import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array } from '../../contract/index.ts';
import { rmsNorm, rmsNormReference } from './rms-norm.ts';

test('divides a row by its root mean square and multiplies by the weight', () => {
  const inputs = { x: array([1, 2], [3, -4]), weight: array([2], [1, 2]) };
  const { y } = rmsNormReference.forward(inputs, { eps: 0 });
  expect(y!.data[0]).toBeCloseTo(3 / Math.sqrt(12.5), 12);
  expect(y!.data[1]).toBeCloseTo(-8 / Math.sqrt(12.5), 12);
});

test.each([0, 1])('its gradients are those of finite differences, offset %i', (offset) => {
  const inputs = { x: random([3, 7], 1), weight: random([7], 2) };
  checkGradients(rmsNorm, inputs, { eps: 1e-5, offset });
});
