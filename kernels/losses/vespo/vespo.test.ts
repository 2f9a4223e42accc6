import { expect, test } from 'vitest';
import { random } from '../../contract/checks.ts';
import { array, Recording } from '../../contract/index.ts';
import { vespo, vespoReference } from './vespo.ts';

/** Two sequences, of 3 tokens (A = 1) and 2 (A = -2), and a token of neither. */
const inputs = {
  logps: array([6], [-1, -2, -3, -1, -1, Number.NaN]),
  oldLogps: array([6], [-1, -2, -3, -1, -1, 0]),
  advantages: array([6], [1, 1, 1, -2, -2, 0]),
  members: array([6], [1, 1, 1, 1, 1, 0]),
  mask: array([6], [1, 1, 1, 1, 1, 0]),
  bounds: array([2, 2], Int32Array.of(0, 3, 3, 5)),
  scale: array([1], [1]),
};
const slopes = (given: typeof inputs) =>
  vespoReference.backward(given, { loss: array([1], [1]) }, {}).logps!.data;

test('on fresh samples every sequence weighs 1: plain policy gradient', () => {
  [-1, -1, -1, 2, 2, 0].forEach((value, i) => {
    expect(slopes(inputs)[i]).toBeCloseTo(value, 12);
  });
});

test('the ratio is that of the whole sequence, and its sign decides which curve weighs it', () => {
  const moved = { ...inputs, oldLogps: array([6], [-1.1, -2.2, -3.3, -1.3, -1.3, 0]) };
  const w = Math.exp(0.6);
  const good = w ** 2 * Math.exp(3 * (1 - w));
  const bad = w ** 3 * Math.exp(2 * (1 - w));
  [-good, -good, -good, 2 * bad, 2 * bad, 0].forEach((value, i) => {
    expect(slopes(moved)[i]).toBeCloseTo(value, 5);
  });
  const metrics = vespoReference.metrics(moved, {});
  expect(metrics[1]! / metrics[0]!).toBeCloseTo((3 * good + 2 * bad) / 5, 5);
});

test('a sequence that the policy has left has no weight any more', () => {
  const left = { ...inputs, oldLogps: array([6], [9, 9, 9, -9, -9, 0]) };
  for (const slope of slopes(left)) expect(Math.abs(slope)).toBeLessThan(1e-6);
});

test('the gradient is that of finite differences while the weights stand still', () => {
  const count = 12;
  const some = {
    ...inputs,
    logps: { shape: [count], data: Float64Array.from(random([count], 1, 0.5).data) },
    oldLogps: random([count], 2, 0.5),
    advantages: array([count], [...Array(6).fill(0.7), ...Array(6).fill(-0.4)]),
    members: array([count], new Float32Array(count).fill(1)),
    mask: array([count], [1, 0, 1, 1, 0.5, 1, 1, 1, 2, 1, 0, 1]),
    bounds: array([2, 2], Int32Array.of(0, 6, 6, 12)),
  };
  const { data } = vespoReference.backward(some, { loss: array([1], [1]) }, {}).logps!;
  for (let i = 0; i < count; i++) {
    // Old and new log-probability move together: the ratio stays what it is.
    const at = (step: number) => {
      const moved = (x: ArrayLike<number>) =>
        array(
          [count],
          Float64Array.from(x, (value, k) => (k === i ? value + step : value)),
        );
      const all = { ...some, logps: moved(some.logps.data), oldLogps: moved(some.oldLogps.data) };
      return vespoReference.forward(all, {}).loss!.data[0]!;
    };
    expect(data[i]).toBeCloseTo((at(1e-5) - at(-1e-5)) / 2e-5, 8);
  }
});

test('numbers that are none are refused', () => {
  const recorder = new Recording({} as never);
  const given = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape }]) => [name, recorder.tensor(name, [...shape])]),
  );
  expect(() => vespo.forward(recorder, given as never, { kPos: 0 })).toThrow(/k 0 and 3/);
});
