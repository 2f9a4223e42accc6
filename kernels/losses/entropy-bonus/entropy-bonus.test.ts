import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array, Recording } from '../../contract/index.ts';
import { entropyBonus, entropyBonusReference } from './entropy-bonus.ts';

const inputs = {
  entropy: array([4], [1, 2, 6, Number.NaN]),
  mask: array([4], [1, 1, 1, 0]),
  scale: array([1], [0.5]),
};

test('it is minus the mean entropy of the tokens that count', () => {
  expect(entropyBonusReference.forward(inputs).loss!.data[0]).toBe(-1.5);
  expect([...entropyBonusReference.metrics(inputs)]).toEqual([3, 9]);
});

test('no token at all gives 0', () => {
  const none = { ...inputs, mask: array([4], [0, 0, 0, 0]) };
  expect(entropyBonusReference.forward(none).loss!.data[0]).toBeCloseTo(0, 12);
});

test('the gradient is that of finite differences', () => {
  const mask = Float32Array.from({ length: 31 }, (_, i) => (i % 4 === 1 ? 0 : 1));
  const some = { ...inputs, entropy: random([31], 1, 2), mask: array([31], mask) };
  checkGradients(entropyBonus, some, {}, { wrt: ['entropy'] });
});

test('a mask of another length is refused', () => {
  const recorder = new Recording({} as never);
  const tensor = (name: string, n: number) => recorder.tensor(name, [n]);
  const given = {
    entropy: tensor('entropy', 4),
    mask: tensor('mask', 3),
    scale: tensor('scale', 1),
  };
  expect(() => entropyBonus.forward(recorder, given, {})).toThrow(/mask has shape \[3\]/);
});
