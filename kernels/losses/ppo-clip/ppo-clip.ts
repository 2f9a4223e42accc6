import { AttuneError } from '@attune/gpu';
import { operation, type Tensor } from '../../contract/index.ts';
import {
  type LossOutputs,
  recordTokenLoss,
  recordTokenLossGradient,
  tokenLossShader,
} from '../token-loss/token-loss.ts';
import forwardText from './ppo-clip.forward.wgsl';
import { ppoClipReference } from './ppo-clip.reference.ts';

export { ppoClipReference } from './ppo-clip.reference.ts';

const source = tokenLossShader('ppo-clip.forward', forwardText);

export interface PpoClipOptions {
  /** The ratio is clipped to [1 - epsilonLow, 1 + epsilonHigh]; PPO uses 0.2 for both. */
  readonly epsilonLow: number;
  readonly epsilonHigh: number;
  /** Tokens are summed; `scale` makes any mean of it. */
  readonly reduction?: 'sum';
}

export type PpoClipInputs = {
  /** [N] f32: log-probabilities under the policy. */
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
 * The log-ratio is held within ±80.
 * @see Schulman et al. 2017, Proximal Policy Optimization Algorithms, equation 7
 * @throws AttuneError `bad-option` when an epsilon is negative or epsilonLow is above 1
 */
export const ppoClip = operation<PpoClipInputs, LossOutputs, PpoClipOptions>({
  name: 'ppoClip',
  reference: ppoClipReference,
  forward(recorder, { logps, oldLogps, advantages, mask, scale }, { epsilonLow, epsilonHigh }) {
    if (!(epsilonLow >= 0 && epsilonLow <= 1 && epsilonHigh >= 0)) {
      throw new AttuneError(
        'bad-option',
        `The ratio was to be clipped to [1 - ${epsilonLow}, 1 + ${epsilonHigh}].`,
        'Give epsilonLow from 0 to 1 and epsilonHigh of at least 0.',
      );
    }
    return recordTokenLoss(recorder, {
      source,
      inputs: { logps, oldLogps, advantages, mask },
      scale,
      columns: 6,
      metrics: ppoClipMetricNames.length,
      loss: 5,
      params: { low: 1 - epsilonLow, high: 1 + epsilonHigh },
    });
  },
  backward: (recorder, { outputs, gradients }) => ({
    logps: recordTokenLossGradient(recorder, outputs, gradients.loss),
  }),
});
