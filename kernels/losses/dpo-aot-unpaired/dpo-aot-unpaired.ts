import text from '../dpo-aot/dpo-aot.forward.wgsl';
import { recordAotOrder } from '../dpo-aot/dpo-aot.ts';
import { pairLoss, pairLossShader, smoothingBelowHalf } from '../pair-loss/pair-loss.ts';
import { dpoAotUnpairedReference as reference } from './dpo-aot-unpaired.reference.ts';

export { dpoAotUnpairedReference } from './dpo-aot-unpaired.reference.ts';

/**
 * Alignment by optimal transport of the log-ratios of the chosen and of the rejected answers, each sorted
 * by itself. TRL's `aot_unpaired`.
 * @see Melnyk et al. 2024, https://arxiv.org/abs/2406.05882
 * @throws AttuneError `bad-value` unless 0 <= labelSmoothing < 0.5
 */
export const dpoAotUnpaired = pairLoss({
  name: 'dpoAotUnpaired',
  source: pairLossShader('dpo-aot.forward', text),
  reference,
  defines: { UNPAIRED: true },
  params: (options) => ({ smoothing: smoothingBelowHalf('dpoAotUnpaired', options) }),
  prepare: (recorder, inputs) => ({ order: recordAotOrder(recorder, inputs, true) }),
});
