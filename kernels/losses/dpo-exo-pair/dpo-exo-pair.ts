import { AttuneError } from '@attune/gpu';
import { pairLoss, pairLossShader } from '../pair-loss/pair-loss.ts';
import text from './dpo-exo-pair.forward.wgsl';
import { dpoExoPairReference as reference } from './dpo-exo-pair.reference.ts';

export { dpoExoPairReference } from './dpo-exo-pair.reference.ts';

/**
 * Efficient exact optimisation for pairs: the reverse KL from smoothed labels. TRL's `exo_pair`.
 * @see Ji et al. 2024, https://arxiv.org/abs/2402.00856, equation 16
 * @throws AttuneError `bad-value` unless 0 < labelSmoothing < 1
 */
export const dpoExoPair = pairLoss({
  name: 'dpoExoPair',
  source: pairLossShader('dpo-exo-pair.forward', text),
  reference,
  params({ labelSmoothing: e = 0 }) {
    if (e > 0 && e < 1) return { logRight: Math.log1p(-e), logWrong: Math.log(e) };
    throw new AttuneError(
      'bad-value',
      `dpoExoPair was given label smoothing of ${e}: the logarithm of that share is wanted.`,
      'Give labelSmoothing (label_smoothing) above 0 and below 1, such as 0.001.',
    );
  },
});
