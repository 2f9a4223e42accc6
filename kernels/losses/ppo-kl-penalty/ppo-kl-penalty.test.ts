import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array, Recording } from '../../contract/index.ts';
import { adaptKlPenalty, ppoKlPenalty, ppoKlPenaltyReference } from './ppo-kl-penalty.ts';

/** ρ of 0.5, 1, 2; the last token is masked. */
const inputs = {
  logps: array([4], Float64Array.from([0.5, 1, 2, 9], Math.log)),
  oldLogps: array([4], new Float64Array(4)),
  advantages: array([4], [2, 2, -1, Number.NaN]),
  mask: array([4], [1, 1, 1, 0]),
  beta: array([1], [3]),
  scale: array([1], [1]),
};

test('the loss is the surrogate, less what the divergence costs', () => {
  const kl = [0.5 - 1 + Math.LN2, 0, 2 - 1 - Math.LN2];
  const { loss } = ppoKlPenaltyReference.forward(inputs);
  expect(loss!.data[0]).toBeCloseTo(3 * (kl[0]! + kl[2]!) - (1 + 2 - 2), 12);
  const metrics = ppoKlPenaltyReference.metrics(inputs);
  [3, kl[0]! + kl[2]!, Math.LN2 ** 2, 3.5, 1].forEach((value, i) => {
    expect(metrics[i]).toBeCloseTo(value, 12);
  });
});

test('the slope is that of the surrogate, and a pull back to the old probability', () => {
  const { logps } = ppoKlPenaltyReference.backward(inputs, { loss: array([1], [1]) });
  [-1 - 1.5, -2, 2 + 3, 0].forEach((value, i) => {
    expect(logps!.data[i]).toBeCloseTo(value, 12);
  });
});

test('over all tokens of the old policy the estimate is the divergence', () => {
  const [old, now] = [
    [0.7, 0.2, 0.1],
    [0.5, 0.1, 0.4],
  ];
  const weighed = {
    ...inputs,
    logps: array([3], Float64Array.from(now!, Math.log)),
    oldLogps: array([3], Float64Array.from(old!, Math.log)),
    advantages: array([3], [0, 0, 0]),
    mask: array([3], Float64Array.from(old!)),
  };
  const kl = old!.reduce((sum, p, i) => sum + p * Math.log(p / now![i]!), 0);
  expect(ppoKlPenaltyReference.metrics(weighed)[1]).toBeCloseTo(kl, 12);
});

test('the gradient is that of finite differences', () => {
  const some = {
    logps: random([31], 1, 2),
    oldLogps: random([31], 2, 2),
    advantages: random([31], 3, 4),
    mask: array(
      [31],
      Float32Array.from({ length: 31 }, (_, i) => (i % 4 === 1 ? 0 : 1)),
    ),
    beta: array([1], [0.7]),
    scale: array([1], [0.5]),
  };
  checkGradients(ppoKlPenalty, some, {}, { wrt: ['logps'] });
});

test('beta is halved below two thirds of the target and doubled above three halves', () => {
  expect(adaptKlPenalty(1, { kl: 0.006, target: 0.01 })).toBe(0.5);
  expect(adaptKlPenalty(1, { kl: 0.007, target: 0.01 })).toBe(1);
  expect(adaptKlPenalty(1, { kl: 0.0149, target: 0.01 })).toBe(1);
  expect(adaptKlPenalty(1, { kl: 0.016, target: 0.01 })).toBe(2);
  expect(() => adaptKlPenalty(1, { kl: 0.016, target: 0 })).toThrow(/target 0/);
  expect(() => adaptKlPenalty(1, { kl: Number.NaN, target: 1 })).toThrow(/NaN/);
});

test('a beta for each token is refused', () => {
  const recorder = new Recording({} as never);
  const given = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }]) => [name, recorder.tensor(name, shape)]),
  ) as never as Parameters<typeof ppoKlPenalty.forward>[1];
  const beta = recorder.tensor('beta', [4]);
  expect(() => ppoKlPenalty.forward(recorder, { ...given, beta }, {})).toThrow(/beta has shape/);
});
