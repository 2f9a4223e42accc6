import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array, Recording } from '../../contract/index.ts';
import { kto, ktoMetricNames, ktoReference } from './kto.ts';

/** Log-ratios 3, 1, -2 of desirable, undesirable, desirable answers and a padding row; mismatched ones 4, 2, -3. */
const inputs = {
  logps: array([4], [-7, -9, -12, 50]),
  refLogps: array([4], [-10, -10, -10, 0]),
  labels: array([4], [1, 0, 1, -1]),
  klLogps: array([4], [-6, -8, -13, 500]),
  refKlLogps: array([4], [-10, -10, -10, 0]),
  scale: array([1], [0.25]),
};
const options = { beta: 0.5, desirableWeight: 2, undesirableWeight: 0.7 };
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

test('each answer is compared with z, the mean of the mismatched log-ratios', () => {
  const z = 1;
  const expected =
    2 * (1 - sigmoid(0.5 * (3 - z))) +
    0.7 * (1 - sigmoid(0.5 * (z - 1))) +
    2 * (1 - sigmoid(0.5 * (-2 - z)));
  expect(ktoReference.forward(inputs, options).loss!.data[0]).toBeCloseTo(expected / 4, 12);
});

test('z is at least 0', () => {
  const below = { ...inputs, klLogps: array([4], [-20, -20, -20, 0]) };
  const expected = 2 * sigmoid(-1.5) + 0.7 * sigmoid(0.5) + 2 * sigmoid(1);
  expect(ktoReference.forward(below, options).loss!.data[0]).toBeCloseTo(expected / 4, 12);
  expect(ktoReference.metrics(below, options)[6]).toBe(0);
});

test('metrics are sums of each kind, and z', () => {
  const metrics = [...ktoReference.metrics(inputs, options)];
  expect(metrics.length).toBe(ktoMetricNames.length);
  expect(metrics).toEqual([2, 1, 0.5, 0.5, -19, -9, 1]);
});

test('the gradient is that of finite differences, and padding has none', () => {
  const some = { ...inputs, logps: random([4], 1, 6), refLogps: random([4], 2, 6) };
  checkGradients(kto, some, options, { wrt: ['logps'] });
  const one = { loss: array([1], [1]) };
  expect(ktoReference.backward(inputs, one, options).logps!.data[3]).toBe(0);
});

test('a beta of 0 and a negative weight are refused', () => {
  const recorder = new Recording({} as never);
  const tensor = (name: string, n: number) => recorder.tensor(name, [n]);
  const [logps, refLogps, labels] = [tensor('a', 2), tensor('b', 2), tensor('c', 2)];
  const mismatched = { klLogps: tensor('d', 2), refKlLogps: tensor('e', 2) };
  const all = { logps, refLogps, labels, ...mismatched, scale: tensor('scale', 1) };
  expect(() => kto.forward(recorder, all, { beta: 0 })).toThrow(/beta 0/);
  expect(() => kto.forward(recorder, all, { desirableWeight: -1 })).toThrow(/-1/);
});
