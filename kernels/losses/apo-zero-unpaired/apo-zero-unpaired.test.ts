import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array, Recording } from '../../contract/index.ts';
import { apoZeroUnpaired, ktoLosses } from './apo-zero-unpaired.ts';

/** Log-ratios 3, 1, -2 of desirable, undesirable, desirable answers and a padding row. */
const inputs = {
  logps: array([4], [-7, -9, -12, 50]),
  refLogps: array([4], [-10, -10, -10, 0]),
  labels: array([4], [1, 0, 1, -1]),
  scale: array([1], [0.25]),
};
const options = { beta: 0.5, desirableWeight: 2, undesirableWeight: 0.7 };
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

test('desirable answers are pushed up and others down, around a log-ratio of 0', () => {
  const expected = 2 * sigmoid(-1.5) + 0.7 * sigmoid(0.5) + 2 * sigmoid(1);
  const { loss } = apoZeroUnpaired.reference.forward(inputs, options);
  expect(loss!.data[0]).toBeCloseTo(expected / 4, 12);
  const one = { loss: array([1], [1]) };
  const { data } = apoZeroUnpaired.reference.backward!(inputs, one, options).logps!;
  expect(Array.from(data, Math.sign)).toEqual([-1, 1, -1, 0]);
});

test('the gradient is that of finite differences', () => {
  const some = { ...inputs, logps: random([4], 1, 6), refLogps: random([4], 2, 6) };
  checkGradients(apoZeroUnpaired, some, options, { wrt: ['logps'] });
});

test('a beta of 0 and a negative weight are refused', () => {
  const recorder = new Recording({} as never);
  const tensor = (name: string, n: number) => recorder.tensor(name, [n]);
  const [logps, refLogps, labels] = [tensor('a', 2), tensor('b', 2), tensor('c', 2)];
  const all = { logps, refLogps, labels, scale: tensor('scale', 1) };
  expect(() => apoZeroUnpaired.forward(recorder, all, { beta: 0 })).toThrow(/beta 0/);
  expect(() => apoZeroUnpaired.forward(recorder, all, { desirableWeight: -1 })).toThrow(/-1/);
});

test('it stands under its name in TRL', () => {
  expect(ktoLosses.apo_zero_unpaired).toBe(apoZeroUnpaired);
});
