import { expect, test } from 'vitest';
import { checkGradients, random } from '../contract/checks.ts';
import { array, Recording } from '../contract/index.ts';
import { tokenKl, tokenKlReference } from './token-kl.ts';

test('it is 0 where policy and reference agree, and positive on both sides', () => {
  const inputs = { logps: array([3], [-1, -1, -1]), refLogps: array([3], [-1, 0, -2]) };
  const { data } = tokenKlReference.forward(inputs).y!;
  [0, Math.E - 2, 1 / Math.E].forEach((value, i) => {
    expect(data[i]).toBeCloseTo(value, 12);
  });
});

test('the mean over samples of the policy is the divergence', () => {
  const [p, q] = [
    [0.7, 0.2, 0.1],
    [0.5, 0.1, 0.4],
  ];
  const inputs = {
    logps: array([3], Float64Array.from(p!, Math.log)),
    refLogps: array([3], Float64Array.from(q!, Math.log)),
  };
  const expected = p!.reduce((sum, x, i) => sum + x * Math.log(x / q![i]!), 0);
  const { data } = tokenKlReference.forward(inputs).y!;
  expect(p!.reduce((sum, x, i) => sum + x * data[i]!, 0)).toBeCloseTo(expected, 6);
});

test('the gradients of both forms are those of finite differences', () => {
  const some = { logps: random([31], 1, 2), refLogps: random([31], 2, 2) };
  checkGradients(tokenKl, some, {}, { wrt: ['logps'] });
  const corrected = { ...some, ratioLogps: random([31], 3, 2), oldLogps: random([31], 4, 2) };
  checkGradients(tokenKl, corrected, {}, { wrt: ['logps', 'ratioLogps'] });
});

test('a ratio without old log-probabilities is refused', () => {
  const recorder = new Recording({} as never);
  const tensor = (name: string) => recorder.tensor(name, [3]);
  const given = { logps: tensor('logps'), refLogps: tensor('refLogps') };
  expect(() => tokenKl.forward(recorder, { ...given, ratioLogps: tensor('r') }, {})).toThrow(
    /one of/,
  );
});
