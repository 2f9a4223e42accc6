import { pairLoss, pairLossShader } from '../pair-loss/pair-loss.ts';
import text from './dpo-sft.forward.wgsl';
import { dpoSftReference as reference } from './dpo-sft.reference.ts';

export { dpoSftReference } from './dpo-sft.reference.ts';

/** Next-token loss of the chosen answers, the mean over their tokens. TRL's `sft` among DPO's losses. */
export const dpoSft = pairLoss({
  name: 'dpoSft',
  source: pairLossShader('dpo-sft.forward', text),
  reference,
});
