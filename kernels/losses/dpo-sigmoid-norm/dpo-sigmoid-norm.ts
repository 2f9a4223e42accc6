import { pairLoss, pairLossShader } from '../pair-loss/pair-loss.ts';
import text from './dpo-sigmoid-norm.forward.wgsl';
import { dpoSigmoidNormReference as reference } from './dpo-sigmoid-norm.reference.ts';

export { dpoSigmoidNormReference } from './dpo-sigmoid-norm.reference.ts';

/** DPO with scores averaged over the tokens of each answer. TRL's `sigmoid_norm`. */
export const dpoSigmoidNorm = pairLoss({
  name: 'dpoSigmoidNorm',
  source: pairLossShader('dpo-sigmoid-norm.forward', text),
  reference,
});
