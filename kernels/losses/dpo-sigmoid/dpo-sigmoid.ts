import { pairLoss, pairLossShader } from '../pair-loss/pair-loss.ts';
import text from './dpo-sigmoid.forward.wgsl';
import { dpoSigmoidReference as reference } from './dpo-sigmoid.reference.ts';

export { dpoSigmoidReference } from './dpo-sigmoid.reference.ts';

/**
 * Direct preference optimisation: scale · Σ -log σ(β δ) over pairs. TRL's `sigmoid`.
 * @see Rafailov et al. 2023, https://arxiv.org/abs/2305.18290, equation 7; f-divergences: Wang et al. 2023,
 * https://arxiv.org/abs/2309.16240
 */
export const dpoSigmoid = pairLoss({
  name: 'dpoSigmoid',
  source: pairLossShader('dpo-sigmoid.forward', text),
  reference,
});
