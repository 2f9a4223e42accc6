import { pairLoss, pairLossShader } from '../pair-loss/pair-loss.ts';
import text from './cpo-ipo.forward.wgsl';
import { cpoIpoReference as reference } from './cpo-ipo.reference.ts';

export { cpoIpoReference } from './cpo-ipo.reference.ts';

/** IPO of CPOTrainer: log-probabilities averaged over tokens, without `refLogps`. TRL's `ipo` there. */
export const cpoIpo = pairLoss({
  name: 'cpoIpo',
  source: pairLossShader('cpo-ipo.forward', text),
  reference,
});
