import { pairLoss, pairLossShader } from '../pair-loss/pair-loss.ts';
import text from './dpo-sppo-hard.forward.wgsl';
import { dpoSppoHardReference as reference } from './dpo-sppo-hard.reference.ts';

export { dpoSppoHardReference } from './dpo-sppo-hard.reference.ts';

/**
 * Self-play preference optimisation with hard labels. TRL's `sppo_hard`; sums, not averages over tokens.
 * @see Wu et al. 2024, https://arxiv.org/abs/2405.00675, equation 4.7
 */
export const dpoSppoHard = pairLoss({
  name: 'dpoSppoHard',
  source: pairLossShader('dpo-sppo-hard.forward', text),
  reference,
});
