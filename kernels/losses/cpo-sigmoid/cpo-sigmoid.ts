import { pairLoss, pairLossShader, smoothingBelowHalf } from '../pair-loss/pair-loss.ts';
import text from './cpo-sigmoid.forward.wgsl';
import { cpoSigmoidReference as reference } from './cpo-sigmoid.reference.ts';

export { cpoSigmoidReference } from './cpo-sigmoid.reference.ts';

/**
 * Contrastive preference optimisation without its likelihood term (`nll`, by `weightedLoss`). TRL's `sigmoid`
 * of CPOTrainer; with summed log-probabilities and without `refLogps`.
 * @see Xu et al. 2024, https://arxiv.org/abs/2401.08417, equation 3
 * @throws AttuneError `bad-value` unless 0 <= labelSmoothing < 0.5
 */
export const cpoSigmoid = pairLoss({
  name: 'cpoSigmoid',
  source: pairLossShader('cpo-sigmoid.forward', text),
  reference,
  params: (options) => ({ smoothing: smoothingBelowHalf('cpoSigmoid', options) }),
});
