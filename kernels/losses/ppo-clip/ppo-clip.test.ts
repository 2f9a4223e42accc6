import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array, Recording } from '../../contract/index.ts';
import { ppoClip, ppoClipReference } from './ppo-clip.ts';

/** ρ of 0.5, 1, 1.5 under advantages of both signs; the last token is masked. */
const logps = [0.5, 1, 1.5, 0.5, 1, 1.5, 9].map(Math.log);
const inputs = {
  logps: array([7], Float64Array.from(logps)),
  oldLogps: array([7], new Float64Array(7)),
  advantages: array([7], [2, 2, 2, -2, -2, -2, 5]),
  mask: array([7], [1, 1, 1, 1, 1, 1, 0]),
  scale: array([1], [1]),
};
const options = { epsilonLow: 0.2, epsilonHigh: 0.3 };

test('the pessimistic arm counts: gains stop at the bounds, losses do not', () => {
  const expected = -(2 * 0.5 + 2 + 2 * 1.3) + (2 * 0.8 + 2 + 2 * 1.5);
  expect(ppoClipReference.forward(inputs, options).loss!.data[0]).toBeCloseTo(expected, 12);
});

test('the slope is -ρ A, and 0 where the clipped arm is the smaller', () => {
  const { data } = ppoClipReference.backward(inputs, { loss: array([1], [1]) }, options).logps!;
  [-1, -2, 0, 0, 2, 3, 0].forEach((value, i) => {
    expect(data[i]).toBeCloseTo(value, 12);
  });
});

test('metrics count what is clipped on each side', () => {
  const [mask, low, high, kl, ratio] = ppoClipReference.metrics(inputs, options);
  expect([mask, low, high]).toEqual([6, 1, 1]);
  expect(kl).toBeCloseTo(Math.log(0.5) ** 2 + Math.log(1.5) ** 2, 12);
  expect(ratio).toBeCloseTo(6, 12);
});

test('the gradient of the clipped loss is that of finite differences', () => {
  const some = {
    logps: random([31], 1, 2),
    oldLogps: random([31], 2, 2),
    advantages: random([31], 3, 4),
    mask: array(
      [31],
      Float32Array.from({ length: 31 }, (_, i) => (i % 4 === 1 ? 0 : 1)),
    ),
    scale: array([1], [0.5]),
  };
  checkGradients(ppoClip, some, options, { wrt: ['logps'] });
  checkGradients(ppoClip, some, { ...options, delta: 1.5 }, { wrt: ['logps'] });
  checkGradients(ppoClip, some, { ...options, delta: 1.1 }, { wrt: ['logps'] });
});

test('with delta, a mistake that grew too likely is pushed no harder than delta says', () => {
  const capped = { ...options, delta: 1.4 };
  const expected = -(2 * 0.5 + 2 + 2 * 1.3) + (2 * 0.8 + 2 + 2 * 1.4);
  expect(ppoClipReference.forward(inputs, capped).loss!.data[0]).toBeCloseTo(expected, 12);
  const { data } = ppoClipReference.backward(inputs, { loss: array([1], [1]) }, capped).logps!;
  [-1, -2, 0, 0, 2, 0, 0].forEach((value, i) => {
    expect(data[i]).toBeCloseTo(value, 12);
  });
});

test('bounds that are none are refused', () => {
  const recorder = new Recording({} as never);
  const tensor = (name: string) => recorder.tensor(name, [3]);
  const tensors = {
    logps: tensor('logps'),
    oldLogps: tensor('oldLogps'),
    advantages: tensor('advantages'),
    mask: tensor('mask'),
    scale: recorder.tensor('scale', [1]),
  };
  expect(() => ppoClip.forward(recorder, tensors, { epsilonLow: -0.1, epsilonHigh: 0.2 })).toThrow(
    /1 - -0.1/,
  );
  expect(() => ppoClip.forward(recorder, tensors, { ...options, delta: 0 })).toThrow(/ratio is 0/);
});
