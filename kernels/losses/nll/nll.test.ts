import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array, Recording } from '../../contract/index.ts';
import { nll, nllReference } from './nll.ts';

const some = {
  logps: random([6], 1, 4),
  weights: array([6], [1, 0, 2, 1, 0, 0.5]),
  scale: array([1], [0.25]),
};

test('the loss is the scaled sum of weighted negative log-probabilities', () => {
  const inputs = { ...some, logps: array([6], [-1, -50, -2, -3, -60, -4]) };
  expect(nllReference.forward(inputs).loss!.data[0]).toBeCloseTo(0.25 * (1 + 4 + 3 + 2), 12);
  expect([...nllReference.metrics(inputs)]).toEqual([4.5, 10]);
});

test('the gradient of nll is that of finite differences', () => {
  checkGradients(nll, some, {}, { wrt: ['logps'] });
});

test('as a root, the gradient is the tensor that the forward pass saved', () => {
  const recorder = new Recording({} as never);
  const inputs = {
    logps: recorder.tensor('logps', [9]),
    weights: recorder.tensor('weights', [9]),
    scale: recorder.tensor('scale', [1]),
  };
  const outputs = nll.forward(recorder, inputs, {});
  const calls = recorder.calls.length;
  const context = { inputs, outputs, options: {}, gradients: {}, needs: { logps: true }, into: {} };
  expect(nll.backward!(recorder, context).logps).toBe(outputs.gradient);
  expect(recorder.calls.length).toBe(calls);
});

test('weights of another length are refused by name', () => {
  const recorder = new Recording({} as never);
  const inputs = {
    logps: recorder.tensor('logps', [9]),
    weights: recorder.tensor('weights', [8]),
    scale: recorder.tensor('scale', [1]),
  };
  expect(() => nll.forward(recorder, inputs, {})).toThrow(/weights has shape \[8\]/);
});
