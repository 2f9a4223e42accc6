import type { RunSpec } from '../../../website/src/live/live.ts';

/** What the bench times: 20 virtual tokens into one layer's keys of eight sequences. */
export const run: RunSpec = {
  operation: 'writePrefix',
  inputs: {
    cache: { shape: [8, 256, 192], random: 1 },
    source: { shape: [20, 60 * 192], random: 1 },
  },
  options: { virtual: 20, column: 192 },
  tolerance: 1e-30,
  bytes: 4 * 2 * 8 * 20 * 192,
};
