import { array, dpoLosses } from '@attune/kernels';
import { expect, test } from 'vitest';
import { fDivergenceLosses } from './dpo.config.ts';

test('the losses that an f-divergence changes are those that are trained with one', () => {
  const inputs = {
    logps: array([4], [-4, -7, -6, -3]),
    refLogps: array([4], [-5, -6, -4, -5]),
    lengths: array([4], [3, 4, 5, 2]),
    scale: array([1], [0.5]),
  };
  const changed = Object.entries(dpoLosses)
    .filter(([, { reference }]) => {
      const loss = (fDivergenceType: 'reverse_kl' | 'forward_kl') =>
        reference.forward(inputs, { fDivergenceType, labelSmoothing: 0.1 }).loss!.data[0];
      return loss('forward_kl') !== loss('reverse_kl');
    })
    .map(([name]) => name);
  // The likelihood has no scores, but TRL lets it stand beside losses that have.
  expect([...changed, 'sft'].sort()).toEqual([...fDivergenceLosses].sort());
});
