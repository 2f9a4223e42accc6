import { AttuneError } from '@attune/gpu';
import { type PairLossOptions, pairLoss, pairLossShader } from '../pair-loss/pair-loss.ts';
import text from './dpo-discopop.forward.wgsl';
import { dpoDiscopopReference as reference } from './dpo-discopop.reference.ts';

export { dpoDiscopopReference } from './dpo-discopop.reference.ts';

export interface DpoDiscopopOptions extends PairLossOptions {
  /** How sharply the blend turns at a difference of 0. Default 0.05. */
  readonly discopopTau?: number;
}

/**
 * The loss that a language model discovered, a blend of the logistic and the exponential. TRL's `discopop`.
 * @see Lu et al. 2024, https://arxiv.org/abs/2406.08414, equation 5
 * @throws AttuneError `bad-option` unless 0 < discopopTau <= 1
 */
export const dpoDiscopop = pairLoss<DpoDiscopopOptions>({
  name: 'dpoDiscopop',
  source: pairLossShader('dpo-discopop.forward', text),
  reference,
  params({ discopopTau: tau = 0.05 }) {
    if (tau > 0 && tau <= 1) return { tau };
    throw new AttuneError(
      'bad-option',
      `dpoDiscopop was given tau ${tau}.`,
      'Give discopopTau (discopop_tau) above 0 and up to 1; 0.05 is the default.',
    );
  },
});
