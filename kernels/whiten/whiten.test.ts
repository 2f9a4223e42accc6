import { expect, test } from 'vitest';
import { array, Recording } from '../contract/index.ts';
import { whiten, whitenReference } from './whiten.ts';

const inputs = {
  x: array([5], [1, 3, Number.NaN, 5, 7]),
  mask: array([5], [1, 1, 0, 1, 1]),
};
const near = (found: ArrayLike<number>, wanted: readonly number[], digits = 6) =>
  wanted.forEach((value, i) => {
    expect(found[i], `${i}`).toBeCloseTo(value, digits);
  });

test('what counts gets mean 0 and variance 1; the rest gets 0', () => {
  const { y, statistics } = whitenReference.forward(inputs, {});
  const s = 1 / Math.sqrt(20 / 3);
  near(y!.data, [-3 * s, -s, 0, s, 3 * s]);
  near(statistics!.data, [4, 20 / 3, 4, s]);
});

test('the biased variance divides by the count', () => {
  near(whitenReference.forward(inputs, { unbiased: false }).statistics!.data, [4, 5, 4]);
});

test('without a shift the mean stays what it was', () => {
  const { y } = whitenReference.forward(inputs, { shiftMean: false });
  const s = 1 / Math.sqrt(20 / 3);
  near(y!.data, [4 - 3 * s, 4 - s, 0, 4 + s, 4 + 3 * s]);
});

test('one number alone, and none, have variance 0 and no infinity', () => {
  const alone = { x: array([2], [3, 9]), mask: array([2], [1, 0]) };
  expect([...whitenReference.forward(alone, {}).y!.data]).toEqual([0, 0]);
  expect([...whitenReference.forward(alone, { shiftMean: false }).y!.data]).toEqual([3, 0]);
  const none = { x: array([2], [3, 9]), mask: array([2], [0, 0]) };
  expect([...whitenReference.forward(none, {}).y!.data]).toEqual([0, 0]);
});

test('an eps of 0 and a mask of another length are refused', () => {
  const recorder = new Recording({} as never);
  const [x, mask, short] = [5, 5, 4].map((n, i) => recorder.tensor(['x', 'mask', 'mask'][i]!, [n]));
  expect(() => whiten.forward(recorder, { x: x!, mask: mask! }, { eps: 0 })).toThrow(/eps 0/);
  expect(() => whiten.forward(recorder, { x: x!, mask: short! }, {})).toThrow(/\[4\]/);
});
