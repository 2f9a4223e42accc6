import type { RunSpec } from '../../../website/src/live/live.ts';

/** What the bench times. */
export const run: RunSpec = {
  operation: 'scale',
  inputs: { x: { shape: [257, 577], random: 20 } },
  options: { factor: 4 },
  gradients: ['x'],
  tolerance: 2e-6,
};
