import { AttuneError } from '@attune/gpu';
import { pairLoss, pairLossShader } from '../pair-loss/pair-loss.ts';
import text from './dpo-discopop.forward.wgsl';
import {
  type DpoDiscopopOptions,
  dpoDiscopopReference as reference,
} from './dpo-discopop.reference.ts';

export { type DpoDiscopopOptions, dpoDiscopopReference } from './dpo-discopop.reference.ts';

/**
 * The loss that a language model discovered, a blend of the logistic and the exponential. TRL's `discopop`.
 * @see Lu et al. 2024, https://arxiv.org/abs/2406.08414, equation 5
 * @throws AttuneError `bad-value` unless 0 < discopopTau <= 1
 */
export const dpoDiscopop = pairLoss<DpoDiscopopOptions>({
  name: 'dpoDiscopop',
  source: pairLossShader('dpo-discopop.forward', text),
  reference,
  params({ discopopTau: tau = 0.05 }) {
    if (tau > 0 && tau <= 1) return { tau };
    throw new AttuneError(
      'bad-value',
      `dpoDiscopop was given tau ${tau}.`,
      'Give discopopTau (discopop_tau) above 0 and up to 1; 0.05 is the default.',
    );
  },
});
