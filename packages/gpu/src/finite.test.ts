import { expect, test } from 'vitest';
import { firstNonFinite, isFiniteBits } from './finite.ts';

test('every kind of NaN and infinity is found by its bits, and no finite number is', () => {
  const finite = new Float32Array([0, -0, 1e-45, 3.4028234663852886e38, -3.4028234663852886e38]);
  expect(isFiniteBits(finite)).toBe(true);
  for (const bits of [0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 0xffffffff]) {
    const x = new Float32Array(7);
    new Uint32Array(x.buffer)[5] = bits;
    expect(firstNonFinite(x)).toBe(5);
    expect(isFiniteBits(x)).toBe(false);
  }
});

test('a view into a larger buffer is judged by its own elements', () => {
  const whole = new Float32Array([Number.NaN, 1, 2, Number.POSITIVE_INFINITY]);
  expect(isFiniteBits(whole.subarray(1, 3))).toBe(true);
  expect(firstNonFinite(whole.subarray(1))).toBe(2);
  expect(firstNonFinite(new Float32Array(0))).toBe(-1);
});
