import { expect, test } from 'vitest';
import { array } from '../../contract/index.ts';
import { eachMargin, pairsOf } from './pair-loss.reference.ts';
import { scoreOf } from './pair-loss.score.ts';
import { pairLossMetricNames, smoothingBelowHalf } from './pair-loss.ts';

const inputs = (logps: number[], lengths = logps.map(() => 1)) => ({
  logps: array([logps.length], Float64Array.from(logps)),
  refLogps: array([logps.length], new Float64Array(logps.length)),
  lengths: array([logps.length], lengths),
  scale: array([1], [0.5]),
});
const kinds = [
  { fDivergenceType: 'reverse_kl' },
  { fDivergenceType: 'js_divergence' },
  { fDivergenceType: 'forward_kl' },
  { fDivergenceType: 'alpha_divergence', fAlphaDivergenceCoef: 0.3 },
  { alpha: 0.2 },
] as const;

test.each(kinds)(
  'the score under %o is 0 at 0, and its slope that of finite differences',
  (options) => {
    const score = (r: number) => pairsOf(inputs([r, 0]), options)[0]!.chosen;
    expect(score(0).score).toBeCloseTo(0, 12);
    for (const r of [-3, -0.2, 0, 0.4, 2]) {
      const numeric = (score(r + 1e-5).score - score(r - 1e-5).score) / 2e-5;
      expect(score(r).slope).toBeCloseTo(numeric, 6);
    }
  },
);

test('an alpha divergence of 1 is the reverse KL', () => {
  const same = scoreOf({ fDivergenceType: 'alpha_divergence', fAlphaDivergenceCoef: 1 });
  expect(same).toEqual(scoreOf({}));
});

/** (margin + 1)², of which the slope is 2 (margin + 1). */
const square = eachMargin((margin) => [(margin + 1) ** 2, 2 * (margin + 1)]);

test('losses are summed over pairs with their weights, slopes go to both sides, padding counts for nothing', () => {
  const pairs = {
    ...inputs([2, 5, Number.NaN, 1, 5, Number.NaN], [1, 2, 0, 3, 4, 0]),
    weights: array([6], [1, 0.5, 9, 2, 0.5, 9]),
  };
  const weights = [2, 0.25];
  const expected = weights[0]! * (1 + 1) ** 2 + weights[1]! * (0 + 1) ** 2;
  expect(square.forward(pairs, {}).loss!.data[0]).toBeCloseTo(0.5 * expected, 12);
  const { data } = square.backward(pairs, { loss: array([1], [1]) }, {}).logps!;
  [4, 0.25, 0, -4, -0.25, 0].forEach((value, i) => {
    expect(data[i]).toBeCloseTo(value, 12);
  });
});

test('metrics are sums over pairs; equal answers are a tie', () => {
  const metrics = square.metrics(inputs([2, 5, 1, 5]), { beta: 0.5 });
  expect([...metrics]).toEqual([3.5, 3, 1, 0.5, 7, 6]);
  expect(metrics.length).toBe(pairLossMetricNames.length);
});

test('half of the labels wrong is too much', () => {
  expect(smoothingBelowHalf('any', { labelSmoothing: 0.49 })).toBe(0.49);
  expect(() => smoothingBelowHalf('any', { labelSmoothing: 0.5 })).toThrow(
    'any was given label smoothing of 0.5.',
  );
});
