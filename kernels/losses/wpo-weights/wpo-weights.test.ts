import { expect, test } from 'vitest';
import { array, Recording } from '../../contract/index.ts';
import { wpoWeights, wpoWeightsReference } from './wpo-weights.ts';

test('an answer weighs the geometric mean of p / Σ p²; one without tokens weighs 1', () => {
  const inputs = {
    logps: array([3], Float64Array.of(Math.log(0.5), Math.log(0.25), Math.log(0.9))),
    logSumSquares: array([3], Float64Array.of(Math.log(0.5), Math.log(0.125), 0)),
    bounds: array([3, 2], Int32Array.of(0, 2, 2, 3, 0, 0)),
  };
  const { data } = wpoWeightsReference.forward(inputs).weights!;
  [Math.sqrt(2), 0.9, 1].forEach((weight, row) => {
    expect(data[row]).toBeCloseTo(weight, 12);
  });
});

test('squares of another length are refused', () => {
  const recorder = new Recording({} as never);
  const inputs = {
    logps: recorder.tensor('logps', [3]),
    logSumSquares: recorder.tensor('logSumSquares', [4]),
    bounds: recorder.tensor('bounds', [1, 2], 'i32'),
  };
  expect(() => wpoWeights.forward(recorder, inputs, {})).toThrow(/logSumSquares has shape \[4\]/);
});
