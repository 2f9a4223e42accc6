import { expect, test } from 'vitest';
import { array, Recording } from '../contract/index.ts';
import recorded from './fixtures/trl-ppo.json' with { type: 'json' };
import { gae, gaeReference } from './gae.ts';

const bounds = array([1, 2], Int32Array.of(0, 3));
const one = {
  rewards: array([3], [0, 0, 1]),
  values: array([3], [0.5, 0.25, 0.5]),
  bounds,
};
const near = (found: ArrayLike<number>, wanted: readonly number[]) =>
  wanted.forEach((value, i) => {
    expect(found[i], `${i}`).toBeCloseTo(value, 12);
  });

test('with lam 1 a return is the sum of later rewards, with lam 0 an advantage is one step of surprise', () => {
  const whole = gaeReference.forward(one, { gamma: 1, lam: 1 });
  near(whole.returns!.data, [1, 1, 1]);
  near(whole.advantages!.data, [0.5, 0.75, 0.5]);
  near(gaeReference.forward(one, { gamma: 0.5, lam: 1 }).returns!.data, [0.25, 0.5, 1]);
  near(gaeReference.forward(one, { gamma: 1, lam: 0 }).advantages!.data, [-0.25, 0.25, 0.5]);
});

test('what does not count is passed over, and gets 0', () => {
  const inputs = {
    rewards: array([6], [Number.NaN, 0, Number.NaN, 0, 1, 7]),
    values: array([6], [Number.NaN, 0.5, 3, 0.25, 0.5, 7]),
    bounds: array([1, 2], Int32Array.of(1, 5)),
    mask: array([6], [1, 1, 0, 1, 1, 1]),
  };
  const { advantages } = gaeReference.forward(inputs, { gamma: 1, lam: 1 });
  near(advantages!.data, [0, 0.5, 0, 0.75, 0.5, 0]);
});

test.each(recorded)('returns are those of TRL: $case', (run) => {
  const { rows, length } = run;
  const at = Int32Array.from(
    run.scoreIndex.flatMap((last, row) => [row * length, row * length + last + 1]),
  );
  const { returns } = gaeReference.forward(
    {
      rewards: array([rows * length], run.rewards),
      values: array([rows * length], run.values),
      bounds: array([rows, 2], at),
    },
    run,
  );
  run.returns.forEach((value, i) => {
    // Beyond a sequence TRL has A + v = 0 too.
    expect(Math.abs(returns!.data[i]! - value), `${i}`).toBeLessThan(2e-6);
  });
});

test('options and shapes that are none are refused', () => {
  const recorder = new Recording({} as never);
  const tensor = (name: string, shape: number[]) => recorder.tensor(name, shape);
  const given = {
    rewards: tensor('rewards', [4]),
    values: tensor('values', [4]),
    bounds: tensor('bounds', [2, 2]),
  };
  expect(() => gae.forward(recorder, given, { lam: 1.5 })).toThrow(/lam 1.5/);
  const mask = tensor('mask', [5]);
  expect(() => gae.forward(recorder, { ...given, mask }, {})).toThrow(/mask has shape \[5\]/);
});
