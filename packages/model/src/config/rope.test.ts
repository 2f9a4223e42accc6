import { describe, expect, it } from 'vitest';
import type { RopeConfig } from './config.ts';
import { inverseFrequencies, ropeDivisors, ropeTable } from './rope.ts';

const plain: RopeConfig = { type: 'default', theta: 10000 };
const llama3: RopeConfig = {
  type: 'llama3',
  theta: 500000,
  factor: 8,
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalMaxPositionEmbeddings: 8192,
};

describe('rotary frequencies', () => {
  it('fall from 1 to just above 1 / theta in equal ratios', () => {
    const f = inverseFrequencies(plain, 8);
    expect([...f]).toEqual([1, 0.1, 0.01, 0.001].map((v) => expect.closeTo(v, 15)));
  });

  it('are divided by the factor when linear', () => {
    const f = inverseFrequencies({ type: 'linear', theta: 10000, factor: 4 }, 8);
    expect([...f]).toEqual([0.25, 0.025, 0.0025, 0.00025].map((v) => expect.closeTo(v, 15)));
  });

  it('are divided one by one when factors are given', () => {
    const f = inverseFrequencies({ type: 'factors', theta: 10000, factors: [1, 2, 4, 8] }, 8);
    expect([...f]).toEqual([1, 0.05, 0.0025, 0.000125].map((v) => expect.closeTo(v, 15)));
  });

  it('of Llama 3.1 keep the fast ones, divide the slow ones by 8, and ramp between', () => {
    const divisors = ropeDivisors(llama3, 128);
    const wavelength = (i: number) => 2 * Math.PI * 500000 ** (i / 64);
    for (const [i, d] of divisors.entries()) {
      if (wavelength(i) < 2048) expect(d).toBe(1);
      else if (wavelength(i) > 8192) expect(d).toBe(8);
      else {
        // The definition mixes the two frequencies, not the divisors.
        const smooth = (8192 / wavelength(i) - 1) / 3;
        expect(1 / d).toBeCloseTo((1 - smooth) / 8 + smooth, 12);
      }
    }
    expect(divisors.filter((d) => d > 1 && d < 8)).toHaveLength(6);
  });
});

describe('the rotary table', () => {
  it('has a row for each position and a column for each pair', () => {
    const { cos, sin, positions } = ropeTable(plain, 8, 5);
    expect([cos.length, sin.length, positions]).toEqual([20, 20, 5]);
    expect([...cos.subarray(0, 4)]).toEqual([1, 1, 1, 1]);
    expect([...sin.subarray(0, 4)]).toEqual([0, 0, 0, 0]);
    expect(cos[3 * 4 + 1]).toBe(Math.fround(Math.cos(0.3)));
    expect(sin[3 * 4]).toBe(Math.fround(Math.sin(3)));
  });

  it('stays within half a float32 step at position 100,000', () => {
    const last = 100_000;
    const { sin } = ropeTable(llama3, 4, last + 1);
    const slow = 500000 ** -0.5;
    const divisor = ropeDivisors(llama3, 4)[1]!;
    expect(sin[last * 2 + 1]).toBe(Math.fround(Math.sin((last * slow) / divisor)));
    expect(sin[last * 2]).toBe(Math.fround(Math.sin(last)));
  });

  it('is refused for odd heads and for no positions', () => {
    for (const [headDim, positions] of [
      [7, 4],
      [8, 0],
      [8, 1.5],
      [0, 4],
    ] as const) {
      expect(() => ropeTable(plain, headDim, positions)).toThrow('rotary table');
    }
  });
});
