import type { RunSpec } from '../../../website/src/live/live.ts';

/** What the bench times. */
export const run: RunSpec = {
  operation: 'accumulate',
  inputs: {
    target: { shape: [257, 577], random: 20 },
    source: { shape: [257, 577], random: 1 },
  },
  tolerance: 3e-7,
};
