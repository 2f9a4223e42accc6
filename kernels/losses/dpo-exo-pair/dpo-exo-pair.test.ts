import { expect, test } from 'vitest';
import { Recording } from '../../contract/index.ts';
import { checkPairGradients, lossOfPair } from '../pair-loss/checks.ts';
import { dpoExoPair } from './dpo-exo-pair.ts';

test('it is 0 where the model leads by just the odds of the labels, and a KL elsewhere', () => {
  const options = { beta: 1, labelSmoothing: 0.2 };
  expect(lossOfPair(dpoExoPair, Math.log(4), 0, options)).toBeCloseTo(0, 12);
  const expected = 0.5 * Math.log(0.5 / 0.8) + 0.5 * Math.log(0.5 / 0.2);
  expect(lossOfPair(dpoExoPair, 0, 0, options)).toBeCloseTo(expected, 12);
});

test('label smoothing of 0 is refused, since its logarithm is wanted', () => {
  const recorder = new Recording({} as never);
  const tensor = (name: string, n: number) => recorder.tensor(name, [n]);
  const inputs = {
    logps: tensor('logps', 2),
    lengths: tensor('lengths', 2),
    scale: tensor('scale', 1),
  };
  expect(() => dpoExoPair.forward(recorder, inputs, {})).toThrow(/smoothing of 0/);
});

test('the gradient is that of finite differences', () => {
  checkPairGradients(dpoExoPair, { labelSmoothing: 0.1 }, { reference: true });
});
