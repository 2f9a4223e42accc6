import { expect, test } from 'vitest';
import { encodeFloats } from './floats.ts';
import { encodeGgml } from './quantise.ts';
import { Rounding } from './rounding.ts';

const values = Float32Array.from({ length: 4096 }, (_, i) => Math.sin(i) / (1 + (i % 7)));

test('float32 costs nothing, and fewer bits what their step says', () => {
  const cost = (dtype: 'F32' | 'F16' | 'BF16') => {
    const rounding = new Rounding();
    rounding.add('w', values, encodeFloats(values, dtype), dtype);
    return rounding.relative;
  };
  expect(cost('F32')).toBe(0);
  // A uniform error of half a step: about 2⁻¹² and 2⁻⁹ over √3, with the step between a number and twice it.
  expect(cost('F16') * 2 ** 12).toBeGreaterThan(0.4);
  expect(cost('F16') * 2 ** 12).toBeLessThan(1.2);
  expect(cost('BF16') / cost('F16')).toBeCloseTo(8, 0);
  const eight = new Rounding();
  eight.add('w', values, encodeGgml(values, 'Q8_0', 32), 'Q8_0');
  expect(eight.relative).toBeGreaterThan(1e-3);
  expect(eight.relative).toBeLessThan(1e-2);
});

test('a number that would be stored as infinity is refused by its tensor', () => {
  const large = Float32Array.of(1, 70000);
  expect(() => new Rounding().add('w', large, encodeFloats(large, 'F16'), 'F16')).toThrow(
    expect.objectContaining({
      code: 'number-too-large',
      message: expect.stringContaining('w has'),
    }),
  );
  new Rounding().add('w', large, encodeFloats(large, 'BF16'), 'BF16');
});
