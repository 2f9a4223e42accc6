import { pairLoss, pairLossShader } from '../pair-loss/pair-loss.ts';
import text from './dpo-apo-down.forward.wgsl';
import { dpoApoDownReference as reference } from './dpo-apo-down.reference.ts';

export { dpoApoDownReference } from './dpo-apo-down.reference.ts';

/**
 * Anchored preference optimisation, for chosen answers worse than the model's own. TRL's `apo_down`.
 * @see D'Oosterlinck et al. 2024, https://arxiv.org/abs/2408.06266, equation 8
 */
export const dpoApoDown = pairLoss({
  name: 'dpoApoDown',
  source: pairLossShader('dpo-apo-down.forward', text),
  reference,
});
