import { expect, test } from 'vitest';
import { array, Recording } from '../contract/index.ts';
import { columnMean, columnMeanReference } from './column-mean.ts';

test('each column has its mean', () => {
  const x = array([2, 3], [1, 2, 3, 5, 2, -1]);
  expect([...columnMeanReference.forward({ x }).y!.data]).toEqual([3, 2, 1]);
});

test('a vector is refused', () => {
  const recorder = new Recording({} as never);
  const x = recorder.tensor('x', [4]);
  expect(() => columnMean.forward(recorder, { x }, {})).toThrow(/x has shape \[4\]/);
});
