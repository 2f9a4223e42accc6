import type { RunSpec } from '../../../website/src/live/live.ts';

/** What the bench times: prompts of 128 tokens into SmolLM2-135M's caches of eight sequences. */
export const run: RunSpec = {
  operation: 'writeCache',
  inputs: {
    cache: { shape: [8, 256, 192], random: 1 },
    rows: { shape: [8 * 128, 192], random: 1 },
    positions: {
      shape: [8 * 128],
      values: Array.from({ length: 8 * 128 }, (_, i) => (i % 128) + 5),
      dtype: 'i32',
    },
  },
  options: { length: 128 },
  tolerance: 1e-30,
  bytes: 4 * 2 * 8 * 128 * 192,
};
