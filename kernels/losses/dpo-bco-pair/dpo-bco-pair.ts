import { pairLoss, pairLossShader } from '../pair-loss/pair-loss.ts';
import text from './dpo-bco-pair.forward.wgsl';
import { dpoBcoPairReference as reference } from './dpo-bco-pair.reference.ts';

export { dpoBcoPairReference } from './dpo-bco-pair.reference.ts';

/**
 * Binary classifier optimisation for pairs, without the running shift of rewards. TRL's `bco_pair`.
 * @see Jung et al. 2024, https://arxiv.org/abs/2404.04656
 */
export const dpoBcoPair = pairLoss({
  name: 'dpoBcoPair',
  source: pairLossShader('dpo-bco-pair.forward', text),
  reference,
});
