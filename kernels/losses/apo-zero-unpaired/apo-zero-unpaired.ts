import { type Operation, operation } from '../../contract/index.ts';
import { type KtoOptions, kto, recordKto, type UnpairedInputs } from '../kto/kto.ts';
import { type LossOutputs, recordTokenLossGradient } from '../token-loss/token-loss.ts';
import { apoZeroUnpairedReference } from './apo-zero-unpaired.reference.ts';

export { apoZeroUnpairedReference } from './apo-zero-unpaired.reference.ts';

/**
 * Anchored preference optimisation of answers without partners: 1 - σ(β r) of desirable ones, σ(β r) of undesirable
 * ones; KTO around 0. TRL's `apo_zero_unpaired`.
 * @see D'Oosterlinck et al. 2024, https://arxiv.org/abs/2408.06266, equation 7
 */
export const apoZeroUnpaired: Operation<UnpairedInputs, LossOutputs, KtoOptions> = operation({
  name: 'apoZeroUnpaired',
  reference: apoZeroUnpairedReference,
  forward: recordKto,
  backward: (recorder, { outputs, gradients }) => ({
    logps: recordTokenLossGradient(recorder, outputs, gradients.loss),
  }),
});

/** The losses of KTOTrainer by TRL's `loss_type`. */
export const ktoLosses = { kto, apo_zero_unpaired: apoZeroUnpaired } as const;
