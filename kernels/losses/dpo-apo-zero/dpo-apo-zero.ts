import { pairLoss, pairLossShader } from '../pair-loss/pair-loss.ts';
import text from './dpo-apo-zero.forward.wgsl';
import { dpoApoZeroReference as reference } from './dpo-apo-zero.reference.ts';

export { dpoApoZeroReference } from './dpo-apo-zero.reference.ts';

/**
 * Anchored preference optimisation, for chosen answers better than the model's own. TRL's `apo_zero`.
 * @see D'Oosterlinck et al. 2024, https://arxiv.org/abs/2408.06266, equation 7
 */
export const dpoApoZero = pairLoss({
  name: 'dpoApoZero',
  source: pairLossShader('dpo-apo-zero.forward', text),
  reference,
});
