import { pairLoss, pairLossShader, smoothingBelowHalf } from '../pair-loss/pair-loss.ts';
import text from './dpo-robust.forward.wgsl';
import { dpoRobustReference as reference } from './dpo-robust.reference.ts';

export { dpoRobustReference } from './dpo-robust.reference.ts';

/**
 * DPO against labels of which a share is wrong. TRL's `robust`.
 * @see Chowdhury et al. 2024, https://arxiv.org/abs/2403.00409
 * @throws AttuneError `bad-value` unless 0 <= labelSmoothing < 0.5
 */
export const dpoRobust = pairLoss({
  name: 'dpoRobust',
  source: pairLossShader('dpo-robust.forward', text),
  reference,
  params: (options) => ({ smoothing: smoothingBelowHalf('dpoRobust', options) }),
});
