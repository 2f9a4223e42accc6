import text from '../dpo-hinge/dpo-hinge.forward.wgsl';
import { dpoHingeReference as reference } from '../dpo-hinge/dpo-hinge.reference.ts';
import { pairLoss, pairLossShader } from '../pair-loss/pair-loss.ts';

export { dpoHingeReference as cpoHingeReference } from '../dpo-hinge/dpo-hinge.reference.ts';

/** The hinge of CPOTrainer: `dpoHinge` with summed log-probabilities and without `refLogps`. */
export const cpoHinge = pairLoss({
  name: 'cpoHinge',
  source: pairLossShader('dpo-hinge.forward', text),
  reference,
});
