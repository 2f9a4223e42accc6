import { expect, test } from 'vitest';
import { philox, randomNormals, randomUniforms, seedKey, uniform01 } from './random.ts';

const hex = (words: number[]) => words.map((word) => word.toString(16).padStart(8, '0')).join(' ');

test('philox gives the words that its authors published', () => {
  expect(hex(philox([0, 0, 0, 0], [0, 0]))).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
  const all = 0xffffffff;
  expect(hex(philox([all, all, all, all], [all, all]))).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd');
  expect(
    hex(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])),
  ).toBe('d16cfe09 94fdcceb 5001e420 24126ea1');
});

test('a seed above 2³² uses both words of the key', () => {
  expect(seedKey(7)).toEqual([7, 0]);
  expect(seedKey(5 * 2 ** 32 + 9)).toEqual([9, 5]);
});

test('uniform numbers stay below 1', () => {
  expect(uniform01(0xffffffff)).toBe(1 - 2 ** -24);
  expect(uniform01(0)).toBe(0);
});

/** Mean, variance and fourth moment of a list. */
function moments(values: ArrayLike<number>): [number, number, number] {
  const mean = (f: (x: number) => number) =>
    Array.from(values, f).reduce((a, b) => a + b, 0) / values.length;
  const m = mean((x) => x);
  return [m, mean((x) => (x - m) ** 2), mean((x) => (x - m) ** 4)];
}

test('normal numbers have the moments of a normal distribution', () => {
  const [mean, variance, fourth] = moments(randomNormals(100_001, 3));
  expect(Math.abs(mean)).toBeLessThan(0.01);
  expect(Math.abs(variance - 1)).toBeLessThan(0.02);
  expect(Math.abs(fourth - 3)).toBeLessThan(0.1);
});

test('uniform numbers have the moments of a uniform distribution', () => {
  const [mean, variance] = moments(randomUniforms(100_001, 3));
  expect(Math.abs(mean - 0.5)).toBeLessThan(0.005);
  expect(Math.abs(variance - 1 / 12)).toBeLessThan(0.001);
});

test('a seed repeats itself, a longer list begins like a shorter one, and streams differ', () => {
  const ten = randomNormals(10, 42, 1);
  expect(randomNormals(10, 42, 1)).toEqual(ten);
  expect(randomNormals(50, 42, 1).slice(0, 10)).toEqual(ten);
  expect(randomNormals(10, 42, 2)).not.toEqual(ten);
  expect(randomNormals(10, 43, 1)).not.toEqual(ten);
  expect(ten.every(Number.isFinite)).toBe(true);
});
