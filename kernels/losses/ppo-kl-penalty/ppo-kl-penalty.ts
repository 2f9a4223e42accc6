import { AttuneError } from '@attune/gpu';
import { expectShape, numericInclude, operation, type Tensor } from '../../contract/index.ts';
import {
  type LossOutputs,
  recordTokenLoss,
  recordTokenLossGradient,
  tokenLossShader,
} from '../token-loss/token-loss.ts';
import forwardText from './ppo-kl-penalty.forward.wgsl';
import { ppoKlPenaltyReference } from './ppo-kl-penalty.reference.ts';

export { ppoKlPenaltyReference } from './ppo-kl-penalty.reference.ts';

const source = tokenLossShader('ppo-kl-penalty.forward', forwardText, numericInclude);

export type PpoKlPenaltyInputs = {
  /** [N] f32: log-probabilities of sampled tokens under the policy. */
  readonly logps: Tensor;
  /** [N] f32: those of the policy that sampled, without gradient. */
  readonly oldLogps: Tensor;
  /** [N] f32. */
  readonly advantages: Tensor;
  /** [N] f32: 1 for a token of the answer, 0 for any other, or any weight. */
  readonly mask: Tensor;
  /** [1] f32: what a nat of divergence costs; it may change from update to update. 0: the plain surrogate, TRPO's. */
  readonly beta: Tensor;
  /** [1] f32: for instance 1 / Σ mask. */
  readonly scale: Tensor;
};

/**
 * Sums over tokens, each times mask; divide by the first for a mean. `kl`: ρ - 1 - log ρ, unbiased for KL(old ‖ new) and
 * never negative; `approxKl`: (logps - oldLogps)² / 2, the k2 estimator; `surrogate`: ρ A.
 */
export const ppoKlPenaltyMetricNames = ['mask', 'kl', 'approxKl', 'ratio', 'surrogate'] as const;

/**
 * PPO's penalised policy loss, scale · Σ (-ρ A + beta · (ρ - 1 - log ρ)) · mask with ρ = e^(logps - oldLogps): the
 * form of section 4, whose beta `adaptKlPenalty` moves. The log-ratio is held within ±80.
 * @see Schulman et al. 2017, https://arxiv.org/abs/1707.06347, section 4; the estimate of the divergence: Schulman
 * 2020, http://joschu.net/blog/kl-approx.html
 */
export const ppoKlPenalty = operation<PpoKlPenaltyInputs, LossOutputs, Record<string, never>>({
  name: 'ppoKlPenalty',
  reference: ppoKlPenaltyReference,
  forward(recorder, { logps, oldLogps, advantages, mask, beta, scale }) {
    expectShape(logps.name, logps.shape, [-1]);
    expectShape(beta.name, beta.shape, [1]);
    return recordTokenLoss(recorder, {
      source,
      inputs: { logps, oldLogps, advantages, mask },
      others: { beta },
      scale,
      columns: 6,
      metrics: ppoKlPenaltyMetricNames.length,
      loss: 5,
    });
  },
  backward: (recorder, { outputs, gradients }) => ({
    logps: recordTokenLossGradient(recorder, outputs, gradients.loss),
  }),
});

/**
 * The beta of the next update: halved where the divergence of this one (nats a token, old to new policy) is below two
 * thirds of the target, doubled where it is above three halves.
 * @see Schulman et al. 2017, section 4
 */
export function adaptKlPenalty(
  beta: number,
  { kl, target }: { readonly kl: number; readonly target: number },
): number {
  if (!(target > 0 && Number.isFinite(kl))) {
    throw new AttuneError(
      'bad-value',
      `The KL penalty was to follow a divergence of ${kl} towards the target ${target}.`,
      'Give a positive target, and a divergence that is a number.',
    );
  }
  if (kl < target / 1.5) return beta / 2;
  return kl > target * 1.5 ? beta * 2 : beta;
}
