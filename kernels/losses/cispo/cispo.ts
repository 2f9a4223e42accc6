import { AttuneError } from '@attune/gpu';
import { operation, type Tensor } from '../../contract/index.ts';
import {
  type LossOutputs,
  recordTokenLoss,
  recordTokenLossGradient,
  tokenLossShader,
} from '../token-loss/token-loss.ts';
import forwardText from './cispo.forward.wgsl';
import { type CispoOptions, cispoReference } from './cispo.reference.ts';

export { type CispoOptions, cispoReference } from './cispo.reference.ts';

const source = tokenLossShader('cispo.forward', forwardText);

export type CispoInputs = {
  /** [N] f32: log-probabilities under the policy. */
  readonly logps: Tensor;
  /** [N] f32, without gradient: what the ratio is taken of; the same tensor for ratios of tokens. */
  readonly ratioLogps: Tensor;
  /** [N] f32: those of the policy that sampled, without gradient. */
  readonly oldLogps: Tensor;
  /** [N] f32. */
  readonly advantages: Tensor;
  /** [N] f32: 1 for a token of the answer, 0 for any other, or any weight. */
  readonly mask: Tensor;
  /** [1] f32: for instance 1 / Σ mask. */
  readonly scale: Tensor;
};

/** Sums over tokens, each times mask; `clipped`: the ratio is above the cap and A > 0. */
export const cispoMetricNames = ['mask', 'clipped'] as const;

/**
 * Clipped importance-sampling weights: scale · Σ -min(ρ, cap) A logps · mask with ρ = e^(ratioLogps - oldLogps) as a
 * constant. Where PPO drops a token that has moved too far, its weight is only capped here. TRL's `cispo`.
 * @see MiniMax 2025, https://arxiv.org/abs/2506.13585, equation 4
 * @throws AttuneError `bad-value` unless cap is positive
 */
export const cispo = operation<CispoInputs, LossOutputs, CispoOptions>({
  name: 'cispo',
  reference: cispoReference,
  forward(recorder, { scale, ...inputs }, { cap }) {
    if (!(cap > 0)) {
      throw new AttuneError(
        'bad-value',
        `CISPO was given ${cap} as the cap of its ratios.`,
        'Give a positive cap; 5 is usual. In recipes it is epsilon_high.',
      );
    }
    return recordTokenLoss(recorder, {
      source,
      inputs,
      scale,
      columns: 3,
      metrics: cispoMetricNames.length,
      loss: 2,
      params: { cap },
    });
  },
  backward: (recorder, { outputs, gradients }) => ({
    logps: recordTokenLossGradient(recorder, outputs, gradients.loss),
  }),
});
