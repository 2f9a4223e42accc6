import { testGpu } from '@attune/gpu/testing';
import { describe, expect, test } from 'vitest';
import { checkKernel, checkTangent, random, variants } from '../../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../../contract/index.ts';
import { type AttentionOptions, attention } from './attention.ts';

type Documents = (row: number) => number[];

/** Rows cut into documents of these lengths; what is left of a row is padding. */
function inputs(
  options: AttentionOptions,
  documents: Documents = () => [options.length],
): HostArrays {
  const { rows, length, heads, kvHeads, headDim } = options;
  const bounds = new Int32Array(rows * length * 2);
  for (let row = 0; row < rows; row++) {
    let start = 0;
    for (const size of documents(row)) {
      for (let i = start; i < start + size; i++)
        bounds.set([start, start + size], 2 * (row * length + i));
      start += size;
    }
  }
  return {
    q: random([rows * length, heads * headDim], 1, 4),
    k: random([rows * length, kvHeads * headDim], 2, 4),
    v: random([rows * length, kvHeads * headDim], 3, 2),
    bounds: array([rows * length, 2], bounds),
  };
}

/** Where every query sees one key, queries and keys have no gradient: only rounding could be compared. */
const check = (options: AttentionOptions, documents?: Documents) =>
  checkKernel(attention, inputs(options, documents), options, {
    tolerance: 3e-6,
    needs: options.length === 1 || options.window === 1 ? ['v'] : ['q', 'k', 'v'],
  });

describe('attention and its gradients equal float64', () => {
  test.each([1, 63, 64, 65, 257])('over %i tokens', async (length) => {
    await check({ rows: 2, length, heads: 4, kvHeads: 2, headDim: 36 });
  });

  // Each dimension compiles all shaders anew, which takes software adapters seconds.
  test.each([1, 7, 64])('with a head dimension of %i', async (headDim) => {
    await check({ rows: 1, length: 40, heads: 2, kvHeads: 1, headDim }, () => [17, 20]);
  });

  test('with the heads of SmolLM2 over 300 tokens', async () => {
    await check({ rows: 1, length: 300, heads: 9, kvHeads: 3, headDim: 64 }, () => [130, 150]);
  });

  test.each([1, 8, 33, 1000])('with a window of %i', async (window) => {
    const documents = (row: number) => [[70], [5, 50], [1, 1, 60, 8]][row]!;
    await check({ rows: 3, length: 70, heads: 4, kvHeads: 2, headDim: 36, window }, documents);
  });

  test('with several documents a row, padding, and rows of nothing else', async () => {
    const documents = (row: number) => [[3, 30, 1, 31], [], [65], [64]][row]!;
    await check({ rows: 4, length: 65, heads: 2, kvHeads: 1, headDim: 36 }, documents);
  });

  test.each([undefined, 5])('without a causal mask, window %s', async (window) => {
    await check(
      {
        rows: 2,
        length: 67,
        heads: 3,
        kvHeads: 1,
        headDim: 36,
        causal: false,
        ...(window && { window }),
      },
      (row) => (row ? [67] : [10, 40]),
    );
  });

  test('with a scale of its own and scores in the hundreds', async () => {
    const options = { rows: 1, length: 50, heads: 2, kvHeads: 2, headDim: 36, scale: 4 };
    await checkKernel(attention, inputs(options), options, {
      tolerance: 2e-4,
      needs: ['q', 'k', 'v'],
    });
  });
});

test('padding gives exact zeros, even beside infinite keys and values of other rows', async () => {
  const { device } = await testGpu();
  const options = { rows: 2, length: 9, heads: 2, kvHeads: 1, headDim: 36 };
  const arrays = inputs(options, (row) => (row ? [] : [6]));
  for (let i = 6 * 36; i < 18 * 36; i++) arrays.v!.data[i] = Number.POSITIVE_INFINITY;
  arrays.dy = random([18, 72], 5);
  for (const [name, traits] of await variants()) {
    const results = await runRecorded(
      device,
      arrays,
      (recorder, all) => {
        const own = { q: all.q!, k: all.k!, v: all.v!, bounds: all.bounds! };
        const outputs = attention.forward(recorder, own, options);
        return {
          ...outputs,
          ...attention.backward!(recorder, {
            inputs: own,
            outputs,
            options,
            gradients: { y: all.dy! },
            needs: { q: true, k: true, v: true },
            into: {},
          }),
        };
      },
      traits,
    );
    for (const [output, width] of [
      ['y', 72],
      ['q', 72],
      ['k', 36],
      ['v', 36],
    ] as const) {
      const { data } = results[output]!;
      expect(data.subarray(0, 6 * width).every(Number.isFinite), `${name} ${output}`).toBe(true);
      expect(
        data.subarray(6 * width).every((v) => v === 0),
        `${name} ${output}`,
      ).toBe(true);
    }
  }
});

test('lse is the logarithm of the sum of the exponentials of the scores', async () => {
  const { device } = await testGpu();
  const options = { rows: 1, length: 2, heads: 1, kvHeads: 1, headDim: 2, scale: 1 };
  const arrays = {
    q: array([2, 2], [1, 0, 1, 2]),
    k: array([2, 2], [3, 0, 0, 2]),
    v: array([2, 2], [1, 1, 1, 1]),
    bounds: array([2, 2], Int32Array.from([0, 2, 0, 2])),
  };
  for (const [, traits] of await variants()) {
    const { lse } = await runRecorded(
      device,
      arrays,
      (recorder, { q, k, v, bounds }) => ({
        lse: attention.forward(recorder, { q: q!, k: k!, v: v!, bounds: bounds! }, options).lse,
      }),
      traits,
    );
    expect(lse!.data[0]).toBeCloseTo(3, 5);
    expect(lse!.data[1]).toBeCloseTo(Math.log(Math.exp(3) + Math.exp(4)), 5);
  }
});

describe('attention moves with q, k and v as differences of float64 say', () => {
  const moves = (options: AttentionOptions, documents?: Documents) =>
    checkTangent(attention, inputs(options, documents), options, {
      tolerance: 4e-6,
      // Where every query sees one key, neither queries nor keys move anything.
      wrt: options.length === 1 || options.window === 1 ? ['v'] : ['q', 'k', 'v'],
      outputs: ['y'],
    });

  test.each([1, 63, 64, 65, 257])('over %i tokens', async (length) => {
    await moves({ rows: 2, length, heads: 4, kvHeads: 2, headDim: 36 });
  });

  test.each([1, 7, 64])('with a head dimension of %i', async (headDim) => {
    await moves({ rows: 1, length: 40, heads: 2, kvHeads: 1, headDim }, () => [17, 20]);
  });

  test.each([1, 8, 33])(
    'with a window of %i, several documents a row and padding',
    async (window) => {
      const documents = (row: number) => [[70], [5, 50], []][row]!;
      await moves({ rows: 3, length: 70, heads: 4, kvHeads: 2, headDim: 36, window }, documents);
    },
  );

  test('without a causal mask, with a scale of its own', async () => {
    const options = { rows: 1, length: 67, heads: 3, kvHeads: 1, headDim: 36, causal: false };
    await moves({ ...options, scale: 0.3 }, () => [10, 40]);
  });
});
