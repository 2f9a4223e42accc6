import { pairLoss, pairLossShader } from '../pair-loss/pair-loss.ts';
import text from './dpo-nca-pair.forward.wgsl';
import { dpoNcaPairReference as reference } from './dpo-nca-pair.reference.ts';

export { dpoNcaPairReference } from './dpo-nca-pair.reference.ts';

/**
 * Noise contrastive alignment for pairs. TRL's `nca_pair`.
 * @see Chen et al. 2024, https://arxiv.org/abs/2402.05369
 */
export const dpoNcaPair = pairLoss({
  name: 'dpoNcaPair',
  source: pairLossShader('dpo-nca-pair.forward', text),
  reference,
});
