import { expect, test } from 'vitest';
import { checkGradients, random } from '../contract/checks.ts';
import { array, Recording } from '../contract/index.ts';
import { segmentSpread, segmentSpreadReference } from './segment-spread.ts';

const inputs = {
  x: array([3], [2, -1, 5]),
  weights: array([6], [1, 0.5, 1, 2, 0, 1]),
  bounds: array([3, 2], Int32Array.of(0, 2, 3, 5, 0, 0)),
};

test('each token takes its sequence’s number by its weight; one of none is 0', () => {
  expect([...segmentSpreadReference.forward(inputs).y!.data]).toEqual([2, 1, 0, -2, 0, 0]);
});

test('the gradient is that of finite differences', () => {
  checkGradients(segmentSpread, { ...inputs, x: random([3], 1) }, {}, { wrt: ['x'] });
});

test('bounds of another number of sequences are refused', () => {
  const recorder = new Recording({} as never);
  const tensor = (name: string, shape: number[]) => recorder.tensor(name, shape);
  const given = { x: tensor('x', [3]), weights: tensor('weights', [6]) };
  expect(() =>
    segmentSpread.forward(recorder, { ...given, bounds: tensor('bounds', [2, 2]) }, {}),
  ).toThrow(/bounds has shape \[2,2\]/);
});
