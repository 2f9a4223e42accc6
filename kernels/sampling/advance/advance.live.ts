import type { RunSpec } from '../../../website/src/live/live.ts';

const [batch, steps] = [64, 8];

/** What the bench times: a step of 64 sequences. */
export const run: RunSpec = {
  operation: 'advanceRows',
  inputs: {
    sampled: { shape: [batch], below: 100, dtype: 'i32' },
    logps: { shape: [batch], random: 2 },
    ends: { shape: [2], values: [5, -1], dtype: 'i32' },
    rows: {
      shape: [5, batch],
      values: [7, 8, 9, 40, 3].flatMap((n) => new Array<number>(batch).fill(n)),
      dtype: 'i32',
    },
    ids: { shape: [steps, batch], below: 100, dtype: 'i32' },
    idLogps: { shape: [steps, batch], random: 2 },
  },
  tolerance: 1e-30,
};
