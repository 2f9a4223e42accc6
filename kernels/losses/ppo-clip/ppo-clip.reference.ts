import type { HostArrays } from '../../contract/index.ts';
import type { PpoClipOptions } from './ppo-clip.ts';

interface Token {
  readonly d: number;
  readonly ratio: number;
  readonly advantage: number;
  readonly weight: number;
}

const tokensOf = ({ logps, oldLogps, advantages, mask }: HostArrays): Token[] =>
  Array.from(logps!.data, (logp, i) => {
    const weight = mask!.data[i]!;
    const d = weight === 0 ? 0 : Math.max(-80, Math.min(80, logp - oldLogps!.data[i]!));
    return { d, ratio: Math.exp(d), advantage: weight === 0 ? 0 : advantages!.data[i]!, weight };
  });

const total = (tokens: Token[], f: (token: Token) => number) =>
  tokens.reduce((sum, token) => sum + token.weight * f(token), 0);

export const ppoClipReference = {
  /** loss = scale Σ -min(ρ A, clip(ρ, 1 - ε_low, 1 + ε_high) A) mask. */
  forward(inputs: HostArrays, { epsilonLow, epsilonHigh }: PpoClipOptions): HostArrays {
    const loss = total(tokensOf(inputs), ({ ratio, advantage: a }) => {
      const clipped = Math.max(1 - epsilonLow, Math.min(1 + epsilonHigh, ratio));
      return -Math.min(ratio * a, clipped * a);
    });
    return { loss: { shape: [1], data: Float64Array.of(inputs.scale!.data[0]! * loss) } };
  },

  /** Sums over the mask, as `ppoClipMetricNames` names them. */
  metrics(inputs: HostArrays, { epsilonLow, epsilonHigh }: PpoClipOptions): Float64Array {
    const tokens = tokensOf(inputs);
    return Float64Array.of(
      total(tokens, () => 1),
      total(tokens, ({ ratio, advantage: a }) => (ratio < 1 - epsilonLow && a < 0 ? 1 : 0)),
      total(tokens, ({ ratio, advantage: a }) => (ratio > 1 + epsilonHigh && a > 0 ? 1 : 0)),
      total(tokens, ({ d }) => (d * d) / 2),
      total(tokens, ({ ratio }) => ratio),
    );
  },

  /** dlogp = -dloss scale ρ A mask where ρ A is the smaller arm, else 0. */
  backward(
    inputs: HostArrays,
    gradients: HostArrays,
    { epsilonLow, epsilonHigh }: PpoClipOptions,
  ): HostArrays {
    const factor = gradients.loss!.data[0]! * inputs.scale!.data[0]!;
    const data = tokensOf(inputs).map(({ ratio, advantage: a, weight }) => {
      const clipped = a < 0 ? ratio < 1 - epsilonLow : ratio > 1 + epsilonHigh;
      return clipped ? 0 : -factor * ratio * a * weight;
    });
    return { logps: { shape: inputs.logps!.shape, data: Float64Array.from(data) } };
  },
};
