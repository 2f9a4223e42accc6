import { expect, test } from 'vitest';
import { random } from '../../contract/checks.ts';
import { array, Recording } from '../../contract/index.ts';
import { cispo, cispoReference } from './cispo.ts';

/** ρ of 0.5, 1, 3 under advantages of both signs; the last token is masked. */
const ratios = [0.5, 1, 3, 0.5, 1, 3, 9].map(Math.log);
const inputs = {
  logps: array([7], [-1, -2, -3, -1, -2, -3, Number.NaN]),
  ratioLogps: array([7], Float64Array.from(ratios)),
  oldLogps: array([7], new Float64Array(7)),
  advantages: array([7], [2, 2, 2, -2, -2, -2, 5]),
  mask: array([7], [1, 1, 1, 1, 1, 1, 0]),
  scale: array([1], [1]),
};
const options = { cap: 2 };

test('the loss is the log-probability times the advantage and a weight clipped at the cap', () => {
  const expected = 2 * (0.5 * 1 + 1 * 2 + 2 * 3) - 2 * (0.5 * 1 + 1 * 2 + 2 * 3);
  expect(cispoReference.forward(inputs, options).loss!.data[0]).toBeCloseTo(expected, 12);
  const good = { ...inputs, mask: array([7], [1, 1, 1, 0, 0, 0, 0]) };
  expect(cispoReference.forward(good, options).loss!.data[0]).toBeCloseTo(17, 12);
});

test('no token loses its slope: it is -min(ρ, cap) A', () => {
  const { data } = cispoReference.backward(inputs, { loss: array([1], [1]) }, options).logps!;
  [-1, -2, -4, 1, 2, 4].forEach((value, i) => {
    expect(data[i]).toBeCloseTo(value, 12);
  });
  expect(data[6]).toBe(0);
});

test('metrics count tokens over the cap whose advantage is positive', () => {
  expect([...cispoReference.metrics(inputs, options)]).toEqual([6, 1]);
});

test('the gradient is that of finite differences while the ratio stands still', () => {
  const some = {
    logps: { shape: [31], data: Float64Array.from(random([31], 1, 2).data) },
    ratioLogps: random([31], 4, 2),
    oldLogps: random([31], 2, 2),
    advantages: random([31], 3, 4),
    mask: array([31], new Float32Array(31).fill(1)),
    scale: array([1], [0.5]),
  };
  const { data } = cispoReference.backward(some, { loss: array([1], [1]) }, options).logps!;
  for (let i = 0; i < 31; i++) {
    const at = (step: number) => {
      const moved = Float64Array.from(some.logps.data);
      moved[i]! += step;
      const all = { ...some, logps: { shape: [31], data: moved } };
      return cispoReference.forward(all, options).loss!.data[0]!;
    };
    expect(data[i]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 8);
  }
});

test('a cap that is none is refused', () => {
  const recorder = new Recording({} as never);
  const given = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }]) => [name, recorder.tensor(name, shape)]),
  );
  expect(() => cispo.forward(recorder, given as never, { cap: 0 })).toThrow(/given 0 as the cap/);
});
