import { expect, test } from 'vitest';
import { checkGradients, random } from '../contract/checks.ts';
import { array, Recording } from '../contract/index.ts';
import { segmentSum, segmentSumReference } from './segment-sum.ts';

const inputs = {
  x: array([6], [1, 2, 3, 4, 5, Number.NaN]),
  weights: array([6], [1, 0.5, 1, 2, 0, 0]),
  bounds: array([4, 2], Int32Array.of(0, 2, 3, 6, 0, 0, 2, 3)),
};

test('each sequence sums its own tokens by their weights; an empty one is 0', () => {
  expect([...segmentSumReference.forward(inputs).y!.data]).toEqual([2, 8, 0, 3]);
});

test('the gradient is that of finite differences', () => {
  checkGradients(segmentSum, { ...inputs, x: random([6], 1) }, {}, { wrt: ['x'] });
});

test('weights of another length and bounds of three numbers are refused', () => {
  const recorder = new Recording({} as never);
  const tensor = (name: string, shape: number[]) => recorder.tensor(name, shape);
  const [x, bounds] = [tensor('x', [6]), tensor('bounds', [2, 2])];
  expect(() =>
    segmentSum.forward(recorder, { x, weights: tensor('weights', [5]), bounds }, {}),
  ).toThrow(/weights has shape \[5\]/);
  expect(() =>
    segmentSum.forward(recorder, { x, weights: x, bounds: tensor('bounds', [2, 3]) }, {}),
  ).toThrow(/bounds has shape \[2,3\]/);
});
