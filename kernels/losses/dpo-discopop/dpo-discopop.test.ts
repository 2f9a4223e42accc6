import { expect, test } from 'vitest';
import { Recording } from '../../contract/index.ts';
import { checkPairGradients, lossOfPair } from '../pair-loss/checks.ts';
import { dpoDiscopop } from './dpo-discopop.ts';

test('no lead costs half of the logistic and half of the exponential', () => {
  expect(lossOfPair(dpoDiscopop, 0, 0, {})).toBeCloseTo(0.5 * Math.LN2 + 0.5, 12);
});

test('far ahead it is the exponential, far behind the logistic', () => {
  expect(lossOfPair(dpoDiscopop, 3, 0, { beta: 1 })).toBeCloseTo(Math.exp(-3), 12);
  expect(lossOfPair(dpoDiscopop, -3, 0, { beta: 1 })).toBeCloseTo(Math.log1p(Math.exp(3)), 12);
});

test('a tau of 0 is refused', () => {
  const recorder = new Recording({} as never);
  const tensor = (name: string, n: number) => recorder.tensor(name, [n]);
  const inputs = {
    logps: tensor('logps', 2),
    lengths: tensor('lengths', 2),
    scale: tensor('scale', 1),
  };
  expect(() => dpoDiscopop.forward(recorder, inputs, { discopopTau: 0 })).toThrow(/tau 0/);
});

test('the gradient is that of finite differences', () => {
  checkPairGradients(dpoDiscopop, { discopopTau: 0.4 }, { reference: true });
});
