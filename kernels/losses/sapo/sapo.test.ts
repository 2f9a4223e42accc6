import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array, Recording } from '../../contract/index.ts';
import { sapo, sapoReference } from './sapo.ts';

const at = (ratio: number, advantage: number) => ({
  logps: array([2], Float64Array.of(Math.log(ratio), 9)),
  oldLogps: array([2], new Float64Array(2)),
  advantages: array([2], [advantage, 5]),
  mask: array([2], [1, 0]),
  scale: array([1], [1]),
});
const slope = (ratio: number, advantage: number) =>
  sapoReference.backward(at(ratio, advantage), { loss: array([1], [1]) }, {}).logps!.data[0]!;

test('on fresh samples the slope is -A, as for plain policy gradients', () => {
  expect(slope(1, 2)).toBeCloseTo(-2, 12);
  expect(slope(1, -2)).toBeCloseTo(2, 12);
});

test('the slope fades smoothly as a token moves away, on both sides', () => {
  expect(Math.abs(slope(4, 1) / 4)).toBeLessThan(0.2);
  expect(Math.abs(slope(0.1, 1) / 0.1)).toBeLessThan(0.85);
  expect(Math.abs(slope(6, 1))).toBeLessThan(Math.abs(slope(4, 1)));
});

test('the loss is -(4 / τ) σ(τ (ρ - 1)) A with the temperature of the sign', () => {
  const loss = (ratio: number, advantage: number) =>
    sapoReference.forward(at(ratio, advantage), {}).loss!.data[0]!;
  expect(loss(1, 2)).toBeCloseTo(-4, 12);
  expect(loss(2, -1)).toBeCloseTo(4 / 1.05 / (1 + Math.exp(-1.05)), 12);
});

test('the gradient is that of finite differences', () => {
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
  checkGradients(sapo, some, {}, { wrt: ['logps'] });
  checkGradients(sapo, some, { temperaturePos: 0.3, temperatureNeg: 3 }, { wrt: ['logps'] });
});

test('a temperature that is none is refused', () => {
  const recorder = new Recording({} as never);
  const given = Object.fromEntries(
    Object.entries(at(1, 1)).map(([name, { shape }]) => [name, recorder.tensor(name, shape)]),
  );
  expect(() => sapo.forward(recorder, given as never, { temperaturePos: 0 })).toThrow(/0 and 1.05/);
});
