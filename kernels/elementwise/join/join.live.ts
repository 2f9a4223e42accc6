import type { RunSpec } from '../../../website/src/live/live.ts';

/** What the bench times. */
export const run: RunSpec = {
  operation: 'join',
  inputs: { a: { shape: [257, 64], random: 1 }, b: { shape: [257, 513], random: 1 } },
  gradients: ['a', 'b'],
  tolerance: 2e-6,
};
