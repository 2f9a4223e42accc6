import { expect, test } from 'vitest';
import { Recording } from '../../contract/index.ts';
import { checkPairGradients, lossOfPair } from '../pair-loss/checks.ts';
import { dpoRobust } from './dpo-robust.ts';

test('without wrong labels it is DPO; with them, its mean over flips is DPO of the right label', () => {
  expect(lossOfPair(dpoRobust, 1, 0, { beta: 1 })).toBeCloseTo(Math.log1p(Math.exp(-1)), 12);
  const options = { beta: 1, labelSmoothing: 0.3 };
  const mean =
    0.7 * lossOfPair(dpoRobust, 1, 0, options) + 0.3 * lossOfPair(dpoRobust, 0, 1, options);
  expect(mean).toBeCloseTo(Math.log1p(Math.exp(-1)), 12);
});

test('half of the labels wrong is refused', () => {
  const recorder = new Recording({} as never);
  const tensor = (name: string, n: number) => recorder.tensor(name, [n]);
  const inputs = {
    logps: tensor('logps', 2),
    lengths: tensor('lengths', 2),
    scale: tensor('scale', 1),
  };
  expect(() => dpoRobust.forward(recorder, inputs, { labelSmoothing: 0.5 })).toThrow(/0\.5/);
});

test('the gradient is that of finite differences', () => {
  checkPairGradients(dpoRobust, { labelSmoothing: 0.2 }, { reference: true });
});
