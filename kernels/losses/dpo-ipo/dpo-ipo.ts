import { pairLoss, pairLossShader } from '../pair-loss/pair-loss.ts';
import text from './dpo-ipo.forward.wgsl';
import { dpoIpoReference as reference } from './dpo-ipo.reference.ts';

export { dpoIpoReference } from './dpo-ipo.reference.ts';

/**
 * Identity preference optimisation with scores averaged over tokens. TRL's `ipo`; the paper's sums are had
 * by lengths of 1.
 * @see Azar et al. 2023, https://arxiv.org/abs/2310.12036, equation 17
 */
export const dpoIpo = pairLoss({
  name: 'dpoIpo',
  source: pairLossShader('dpo-ipo.forward', text),
  reference,
});
