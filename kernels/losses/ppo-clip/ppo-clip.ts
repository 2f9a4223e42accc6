import { AttuneError } from '@attune/gpu';
import { operation, type Tensor } from '../../contract/index.ts';
import {
  type LossOutputs,
  recordTokenLoss,
  recordTokenLossGradient,
  tokenLossShader,
} from '../token-loss/token-loss.ts';
import forwardText from './ppo-clip.forward.wgsl';
import { type PpoClipOptions, ppoClipReference } from './ppo-clip.reference.ts';

export { type PpoClipOptions, ppoClipReference } from './ppo-clip.reference.ts';

const source = tokenLossShader('ppo-clip.forward', forwardText);

export type PpoClipInputs = {
  /** [N] f32: log-probabilities under the policy, of tokens or of whole answers. */
  readonly logps: Tensor;
  /** [N] f32: those of the policy that sampled, without gradient. */
  readonly oldLogps: Tensor;
  /** [N] f32. */
  readonly advantages: Tensor;
  /** [N] f32: 1 for a token of the answer, 0 for any other, or any weight. */
  readonly mask: Tensor;
  /** [1] f32: for instance 1 / Σ mask. */
  readonly scale: Tensor;
};

/**
 * Sums over tokens, each times mask; divide by the first for a mean. `clippedLow`: ratio below and A < 0;
 * `clippedHigh`: ratio above and A > 0; `approxKl`: (logps - oldLogps)² / 2, the k2 estimator.
 */
export const ppoClipMetricNames = [
  'mask',
  'clippedLow',
  'clippedHigh',
  'approxKl',
  'ratio',
] as const;

/**
 * PPO's clipped policy loss, scale · Σ -min(ρ A, clip(ρ) A) · mask with ρ = e^(logps - oldLogps).
 * The log-ratio is clamped to ±80.
 * @see Schulman et al. 2017, Proximal Policy Optimization Algorithms, equation 7; delta: Prime Intellect 2025,
 * https://arxiv.org/abs/2505.07291
 * @throws AttuneError `bad-value` when an epsilon is negative, epsilonLow is above 1, or delta is not positive
 */
export const ppoClip = operation<PpoClipInputs, LossOutputs, PpoClipOptions>({
  name: 'ppoClip',
  reference: ppoClipReference,
  forward(recorder, { logps, oldLogps, advantages, mask, scale }, options) {
    const { epsilonLow, epsilonHigh, delta } = options;
    if (!(epsilonLow >= 0 && epsilonLow <= 1 && epsilonHigh >= 0)) {
      throw new AttuneError(
        'bad-value',
        `The ratio was to be clipped to [1 - ${epsilonLow}, 1 + ${epsilonHigh}].`,
        'Give epsilonLow from 0 to 1 and epsilonHigh of at least 0.',
      );
    }
    if (delta !== undefined && !(delta > 0)) {
      throw new AttuneError(
        'bad-value',
        `The upper bound delta of the ratio is ${delta}.`,
        'Give a positive delta, above 1 + epsilonHigh as a rule, or leave it out.',
      );
    }
    return recordTokenLoss(recorder, {
      source,
      inputs: { logps, oldLogps, advantages, mask },
      scale,
      columns: 6,
      metrics: ppoClipMetricNames.length,
      loss: 5,
      params: { low: 1 - epsilonLow, high: 1 + epsilonHigh, cap: delta ?? 3e38 },
    });
  },
  backward: (recorder, { outputs, gradients }) => ({
    logps: recordTokenLossGradient(recorder, outputs, gradients.loss),
  }),
});
