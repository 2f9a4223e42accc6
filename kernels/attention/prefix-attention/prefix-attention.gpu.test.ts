import { describe, test } from 'vitest';
import { checkKernel, random } from '../../contract/checks.ts';
import { array, type HostArrays } from '../../contract/index.ts';
import { type PrefixAttentionOptions, prefixAttention } from './prefix-attention.ts';

/** Rows cut into documents of these lengths; what is left of a row is padding, or at its end the virtual tokens. */
function inputs(
  options: PrefixAttentionOptions,
  documents: (row: number) => number[],
  columns?: number,
): HostArrays {
  const { rows, length, heads, kvHeads, headDim, virtual } = options;
  const bounds = new Int32Array(rows * length * 2);
  for (let row = 0; row < rows; row++) {
    let start = 0;
    const fill = (size: number) => {
      for (let i = start; i < start + size; i++)
        bounds.set([start, start + size], 2 * (row * length + i));
      start += size;
    };
    for (const size of documents(row)) fill(size);
    if (!columns) {
      start = length - virtual;
      fill(virtual);
    }
  }
  return {
    q: random([rows * length, heads * headDim], 1, 4),
    k: random([rows * length, kvHeads * headDim], 2, 4),
    v: random([rows * length, kvHeads * headDim], 3, 2),
    bounds: array([rows * length, 2], bounds),
    ...(columns && { prefix: random([virtual, columns], 4, 4) }),
  };
}

const tolerance = 3e-6;

describe('attention behind virtual tokens and its gradients equal float64', () => {
  test.each([1, 63, 64, 65, 257])('over %i tokens', async (length) => {
    const options = { rows: 2, length, heads: 4, kvHeads: 2, headDim: 36, virtual: 5, column: 72 };
    const needs = ['q', 'k', 'v', 'prefix'];
    const arrays = inputs(options, (row) => (row ? [length] : [Math.ceil(length / 2)]), 72 * 4);
    await checkKernel(prefixAttention, arrays, options, { tolerance, needs });
  });

  test.each([1, 33, 64])('over %i virtual tokens with a window', async (virtual) => {
    const options = { rows: 1, length: 70, heads: 2, kvHeads: 1, headDim: 7, virtual, window: 40 };
    const needs = ['q', 'k', 'v', 'prefix'];
    const arrays = inputs(options, () => [50, 13], 14);
    await checkKernel(prefixAttention, arrays, options, { tolerance, needs });
  });

  test.each([1, 20])('with the last %i tokens of the row as virtual ones', async (virtual) => {
    const options = { rows: 1, length: 90, heads: 9, kvHeads: 3, headDim: 64, virtual };
    const arrays = inputs(options, () => [30, 1, 30]);
    await checkKernel(prefixAttention, arrays, options, { tolerance, needs: ['q', 'k', 'v'] });
  });
});
