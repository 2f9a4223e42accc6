import { expect, test } from 'vitest';
import { foldWorkgroups } from './dispatch.ts';

test('up to the limit workgroups stay in one dimension', () => {
  expect(foldWorkgroups(0)).toEqual([0, 1, 1]);
  expect(foldWorkgroups(1)).toEqual([1, 1, 1]);
  expect(foldWorkgroups(65_535)).toEqual([65_535, 1, 1]);
});

test('beyond the limit the fold is nearly square, covers the count and wastes less than one row', () => {
  for (const count of [65_536, 65_537, 100_003, 4_194_304, 2 ** 31 - 1]) {
    const [x, y, z] = foldWorkgroups(count);
    expect(z).toBe(1);
    expect(Math.max(x, y)).toBeLessThanOrEqual(65_535);
    expect(x * y).toBeGreaterThanOrEqual(count);
    expect(x * y - count).toBeLessThan(x);
    expect(Math.abs(x - y)).toBeLessThanOrEqual(1);
  }
});

test('beyond the square of the limit the third dimension is used', () => {
  const [x, y, z] = foldWorkgroups(3 * 65_535 ** 2, 65_535);
  expect(x * y * z).toBeGreaterThanOrEqual(3 * 65_535 ** 2);
  expect(Math.max(x, y, z)).toBeLessThanOrEqual(65_535);
  for (let count = 0; count <= 27; count++) {
    const folded = foldWorkgroups(count, 3);
    expect(folded[0] * folded[1] * folded[2]).toBeGreaterThanOrEqual(count);
    expect(Math.max(...folded)).toBeLessThanOrEqual(3);
  }
});

test('counts that no dispatch holds are named errors', () => {
  for (const count of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 28]) {
    expect(() => foldWorkgroups(count, 3)).toThrow(
      expect.objectContaining({ code: 'bad-dispatch' }),
    );
  }
});
