import { expect, test } from 'vitest';
import { checkGradients } from '../../contract/checks.ts';
import { array, Recording } from '../../contract/index.ts';
import { weightedLoss, weightedLossReference } from './weighted-loss.ts';

const inputs = { sigmoid: array([1], [2]), bco: array([1], [-3]), sft: array([1], [0.5]) };
const options = { weights: { sigmoid: 0.8, bco: 0.2 } };

test('a loss without a weight counts once', () => {
  expect(weightedLossReference.forward(inputs, options).loss!.data[0]).toBeCloseTo(1.5, 12);
});

test('the gradient is that of finite differences', () => {
  checkGradients(weightedLoss, inputs, options);
});

test('no loss, and a weight of none of the losses, are refused', () => {
  const recorder = new Recording({} as never);
  const a = recorder.tensor('a', [1]);
  expect(() => weightedLoss.forward(recorder, {}, {})).toThrow(/losses \[\]/);
  expect(() => weightedLoss.forward(recorder, { a }, { weights: { b: 1 } })).toThrow(
    /weights \[b\]/,
  );
});
