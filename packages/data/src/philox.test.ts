import { philox } from '@attune/kernels';
import { describe, expect, it } from 'vitest';
import { permutation, uniformInteger } from './philox.ts';

const hex = (words: number[]) => words.map((word) => word.toString(16).padStart(8, '0')).join(' ');

describe('Philox 4x32-10', () => {
  it("gives its authors' known answers", () => {
    expect(hex(philox([0, 0, 0, 0], [0, 0]))).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
    const ones = 0xffffffff;
    expect(hex(philox([ones, ones, ones, ones], [ones, ones]))).toBe(
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    );
    expect(
      hex(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])),
    ).toBe('d16cfe09 94fdcceb 5001e420 24126ea1');
  });
});

describe('numbers from it', () => {
  it('fall evenly', () => {
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 20_000; i++) counts[uniformInteger(1, 2, i, 10)]!++;
    // Four standard deviations of a fair count.
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(4 * Math.sqrt(1800));
  });

  it('permute: every place once, another order for another seed or epoch', () => {
    const order = permutation(1000, 42, 0);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(permutation(1000, 42, 0)).toEqual(order);
    expect(permutation(1000, 42, 1)).not.toEqual(order);
    expect(permutation(1000, 43, 0)).not.toEqual(order);
    expect([...permutation(1, 42, 0)]).toEqual([0]);
    expect([...permutation(0, 42, 0)]).toEqual([]);
  });
});
