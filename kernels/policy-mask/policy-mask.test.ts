import { expect, test } from 'vitest';
import { array, Recording } from '../contract/index.ts';
import { entropyRank, policyMask, policyMaskReference } from './policy-mask.ts';

const weights = array([6], [1, 1, 0.5, 2, 0, 1]);

test('the most uncertain members keep their weights, those at the border too', () => {
  const inputs = {
    weights,
    entropy: array([6], [3, 1, 2, 2, 9, 0]),
    members: array([6], [1, 1, 1, 1, 0, 1]),
    least: array([1], [3]),
  };
  expect([...policyMaskReference.forward(inputs, {}).y!.data]).toEqual([1, 0, 0.5, 2, 0, 0]);
});

test('of sequences that were bad, only those still near are learnt from', () => {
  const inputs = {
    weights,
    ratioLogps: array([6], [-3, -3, -1, -1, -1, -3]),
    oldLogps: array([6], [-1, -1, -1, -1, -1, -2.95]),
    advantages: array([6], [1, -1, -1, 1, -1, -1]),
  };
  const { data } = policyMaskReference.forward(inputs, { threshold: 0.1 }).y!;
  expect([...data]).toEqual([1, 0, 0.5, 2, 0, 1]);
});

test('the rank is that of the linear quantile, and not moved by rounding', () => {
  // Ranks 0 to 10; the quantile 0.7 is rank 7 exactly, though 0.7 · 10 is not.
  expect(entropyRank(0.3, 11)).toBe(8);
  // Between ranks 6.3 and 7: the next one up.
  expect(entropyRank(0.3, 10)).toBe(8);
  expect(entropyRank(1, 10)).toBe(1);
  expect(entropyRank(0.01, 3)).toBe(3);
  expect(entropyRank(0.3, 1)).toBe(1);
});

test('inputs that lack their companions are refused', () => {
  const recorder = new Recording({} as never);
  const tensor = (name: string) => recorder.tensor(name, [6]);
  const given = { weights: tensor('weights') };
  expect(() => policyMask.forward(recorder, given, {})).toThrow(/weights and the threshold/);
  expect(() => policyMask.forward(recorder, { ...given, entropy: tensor('e') }, {})).toThrow(
    /entropy/,
  );
});
