import { expect, test } from 'vitest';
import { checkGradients, random } from '../contract/checks.ts';
import { array } from '../contract/index.ts';
import { softmax, softmaxReference } from './softmax.ts';

test('equal numbers share equally, and a shift changes nothing', () => {
  const { y } = softmaxReference.forward({ x: array([2, 4], [7, 7, 7, 7, 0, 0, 0, Math.log(5)]) });
  [0.25, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125, 0.625].forEach((value, i) => {
    expect(y!.data[i]).toBeCloseTo(value, 7);
  });
});

test('the gradient of softmax is that of finite differences', () => {
  checkGradients(softmax, { x: random([3, 7], 1, 4) }, {});
});
