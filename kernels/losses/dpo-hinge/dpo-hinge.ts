import { pairLoss, pairLossShader } from '../pair-loss/pair-loss.ts';
import text from './dpo-hinge.forward.wgsl';
import { dpoHingeReference as reference } from './dpo-hinge.reference.ts';

export { dpoHingeReference } from './dpo-hinge.reference.ts';

/**
 * The hinge of the score difference, scale · Σ max(0, 1 - β δ). TRL's `hinge`.
 * @see Zhao et al. 2023, SLiC-HF, https://arxiv.org/abs/2305.10425
 */
export const dpoHinge = pairLoss({
  name: 'dpoHinge',
  source: pairLossShader('dpo-hinge.forward', text),
  reference,
});
