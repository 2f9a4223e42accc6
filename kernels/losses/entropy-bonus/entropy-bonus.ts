import { expectShape, operation, shader, type Tensor } from '../../contract/index.ts';
import {
  type LossOutputs,
  recordTokenLoss,
  recordTokenLossGradient,
  tokenLossShader,
} from '../token-loss/token-loss.ts';
import forwardText from './entropy-bonus.forward.wgsl';
import { entropyBonusReference } from './entropy-bonus.reference.ts';
import totalText from './entropy-bonus.total.wgsl';

export { entropyBonusReference } from './entropy-bonus.reference.ts';

const totalSource = shader('entropy-bonus.total', totalText);
const source = tokenLossShader('entropy-bonus.forward', forwardText);

export type EntropyBonusInputs = {
  /** [N] f32: the entropy of each next-token distribution in nats, of `tokenLogps`. */
  readonly entropy: Tensor;
  /** [N] f32: 1 for a token that the mean is over, 0 for any other. */
  readonly mask: Tensor;
  /** [1] f32: the coefficient, over the micro-batches of a step; it may change from step to step. */
  readonly scale: Tensor;
};

/** Σ mask and Σ entropy · mask: the mean entropy of several batches together. */
export const entropyBonusMetricNames = ['mask', 'entropy'] as const;

/**
 * The entropy bonus as a loss: -scale · (Σ entropy · mask) / Σ mask. Added to a policy's loss it keeps the policy from
 * settling on one answer too early.
 * @see Williams and Peng 1991, https://doi.org/10.1080/09540099108946587; adaptive coefficients: TRL's GRPOTrainer
 */
export const entropyBonus = operation<EntropyBonusInputs, LossOutputs, Record<string, never>>({
  name: 'entropyBonus',
  reference: entropyBonusReference,
  forward(recorder, { entropy, mask, scale }) {
    expectShape(mask.name, mask.shape, entropy.shape);
    const total = recorder.tensor('total', [1]);
    recorder.dispatch(totalSource, {
      tensors: { mask, total },
      params: { count: mask.shape[0]! },
      workgroups: 1,
    });
    return recordTokenLoss(recorder, {
      source,
      inputs: { entropy, mask },
      others: { total },
      scale,
      columns: 3,
      metrics: entropyBonusMetricNames.length,
      loss: 2,
    });
  },
  backward: (recorder, { outputs, gradients }) => ({
    entropy: recordTokenLossGradient(recorder, outputs, gradients.loss),
  }),
});
