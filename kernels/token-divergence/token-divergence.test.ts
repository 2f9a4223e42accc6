import { expect, test } from 'vitest';
import { random } from '../contract/checks.ts';
import { array, Recording } from '../contract/index.ts';
import { tokenDivergence, tokenDivergenceReference } from './token-divergence.ts';

const some = {
  hidden: random([3, 4], 1, 3),
  weight: random([5, 4], 2, 2),
  oldHidden: random([3, 4], 3, 3),
  mask: array([3], [1, 0, 1]),
  scale: array([1], [0.5]),
};

test('probabilities of ½, ½ become ¾, ¼: the divergence is ½ ln 4/3', () => {
  const inputs = {
    hidden: array([1, 1], [1]),
    weight: array([2, 1], Float64Array.of(Math.log(3), 0)),
    oldHidden: array([1, 1], [1]),
    oldWeight: array([2, 1], [7, 7]),
    mask: array([1], [1]),
    scale: array([1], [1]),
  };
  const { kl } = tokenDivergenceReference.forward(inputs, {});
  expect(kl!.data[0]).toBeCloseTo(0.5 * Math.log(4 / 3), 12);
});

test('tokens that do not count have none, and equal policies neither', () => {
  const { divergences, kl } = tokenDivergenceReference.forward(some, {});
  expect(divergences!.data[1]).toBe(0);
  expect(kl!.data[0]).toBeCloseTo(0.5 * (divergences!.data[0]! + divergences!.data[2]!), 12);
  expect(divergences!.data[0]).toBeGreaterThan(0);
  const same = tokenDivergenceReference.forward({ ...some, oldHidden: some.hidden }, {});
  expect(same.kl!.data[0]).toBe(0);
});

test('a temperature of 0 and another number of hidden states are refused', () => {
  const recorder = new Recording({ maxStorageBinding: 2 ** 27 } as never);
  const given = Object.fromEntries(
    Object.entries(some).map(([name, { shape }]) => [name, recorder.tensor(name, shape)]),
  ) as never as Parameters<typeof tokenDivergence.forward>[1];
  expect(() => tokenDivergence.forward(recorder, given, { temperature: 0 })).toThrow(
    /temperature 0/,
  );
  const oldHidden = recorder.tensor('oldHidden', [4, 4]);
  expect(() => tokenDivergence.forward(recorder, { ...given, oldHidden }, {})).toThrow(
    /oldHidden has shape \[4,4\]/,
  );
});
