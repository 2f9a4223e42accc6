import text from '../dpo-hinge/dpo-hinge.forward.wgsl';
import { pairLoss, pairLossShader } from '../pair-loss/pair-loss.ts';
import { cpoHingeReference as reference } from './cpo-hinge.reference.ts';

export { cpoHingeReference } from './cpo-hinge.reference.ts';

/** The hinge of CPOTrainer: `dpoHinge` with summed log-probabilities and without `refLogps`. */
export const cpoHinge = pairLoss({
  name: 'cpoHinge',
  source: pairLossShader('dpo-hinge.forward', text),
  reference,
});
