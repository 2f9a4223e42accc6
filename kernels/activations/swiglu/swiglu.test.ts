import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array } from '../../contract/index.ts';
import { swiglu, swigluReference } from './swiglu.ts';

test('is half of gate · up for a small gate, gate · up for a large one, and 0 for a very negative one', () => {
  const gate = array([1, 3], [1e-6, 40, -40]);
  const up = array([1, 3], [2, 3, 5]);
  const { y } = swigluReference.forward({ gate, up });
  expect(y!.data[0]).toBeCloseTo(1e-6, 11);
  expect(y!.data[1]).toBeCloseTo(120, 10);
  expect(y!.data[2]).toBeCloseTo(0, 10);
});

test('the gradients of swiglu are those of finite differences', () => {
  checkGradients(swiglu, { gate: random([4, 9], 1, 6), up: random([4, 9], 2) }, {});
});
