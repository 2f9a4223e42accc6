import { expect, test } from 'vitest';
import { array, Recording } from '../../contract/index.ts';
import { checkPairGradients, lossOfPair } from '../pair-loss/checks.ts';
import type { PairLossOptions } from '../pair-loss/pair-loss.ts';
import { dpoSigmoid, dpoSigmoidReference } from './dpo-sigmoid.ts';

const divergences: PairLossOptions[] = [
  {},
  { fDivergenceType: 'forward_kl', beta: 0.3 },
  { fDivergenceType: 'js_divergence', beta: 2 },
  { fDivergenceType: 'alpha_divergence', beta: 0.3 },
  { fDivergenceType: 'alpha_divergence', fAlphaDivergenceCoef: 1 },
];

test('equal log-ratios cost log 2 under every divergence, a lead less', () => {
  for (const options of divergences) {
    expect(lossOfPair(dpoSigmoid, 3, 3, options)).toBeCloseTo(Math.LN2, 12);
    expect(lossOfPair(dpoSigmoid, 4, 3, options)).toBeLessThan(Math.LN2);
  }
});

test('a lead of log 3 / beta costs log 4/3; scores of the divergences are f of the probability ratio', () => {
  expect(lossOfPair(dpoSigmoid, 0, -10 * Math.log(3), {})).toBeCloseTo(Math.log(4 / 3), 12);
  // Ratios t = 2 and 1: 1 - 1/t, log(2t / (1 + t)), (t^(alpha - 1) - 1) / (alpha - 1), each 0 at t = 1.
  const [forward, js, alpha] = [1 - 1 / 2, Math.log(4 / 3), (2 ** -0.5 - 1) / -0.5];
  [forward, js, alpha].forEach((score, i) => {
    const options = { ...divergences[i + 1]!, beta: 1 };
    const expected = Math.log1p(Math.exp(-score));
    expect(lossOfPair(dpoSigmoid, Math.LN2, 0, options)).toBeCloseTo(expected, 12);
  });
});

test.each(divergences)('the gradient is that of finite differences: %j', (options) => {
  checkPairGradients(dpoSigmoid, options, { reference: true });
});

test('rewards are beta times the log-ratio, also under a divergence; padding does not count', () => {
  const inputs = {
    logps: array([6], [-10, -20, 5, -13, -18, 5]),
    refLogps: array([6], [-12, -19, 5, -12, -19, 5]),
    lengths: array([6], [1, 2, 0, 3, 4, 0]),
    scale: array([1], [1]),
  };
  const metrics = dpoSigmoidReference.metrics(inputs, { beta: 0.5, fDivergenceType: 'forward_kl' });
  expect([...metrics]).toEqual([0.5, 0, 1, 0.5, -30, -31]);
});

test('odd numbers of answers, other lengths and a beta of 0 are refused', () => {
  const recorder = new Recording({} as never);
  const tensor = (name: string, n: number) => recorder.tensor(name, [n]);
  const scale = tensor('scale', 1);
  const [logps, lengths] = [tensor('logps', 4), tensor('lengths', 4)];
  const forward = dpoSigmoid.forward;
  expect(() => forward(recorder, { logps: tensor('logps', 3), lengths, scale }, {})).toThrow(
    /logps has shape \[3\]/,
  );
  expect(() => forward(recorder, { logps, lengths: tensor('lengths', 2), scale }, {})).toThrow(
    /lengths has shape \[2\]/,
  );
  expect(() => forward(recorder, { logps, lengths, scale }, { beta: 0 })).toThrow(/beta 0/);
});
