import type { HostArrays } from '../../contract/index.ts';
import { nanUnlessFinite } from '../token-loss/token-loss.reference.ts';

export interface CispoOptions {
  /** The ratio is clipped at this: an absolute number, 5 in the paper's recipe. TRL's `epsilon_high`. */
  readonly cap: number;
}

/** Each token's ratio, and what its log-probability is multiplied by. */
function tokensOf(
  { logps, ratioLogps, oldLogps, advantages, mask }: HostArrays,
  { cap }: CispoOptions,
) {
  return Array.from(mask!.data, (weight, i) => {
    if (weight === 0) return { weight, ratio: 1, advantage: 0, slope: 0 };
    const ratio = Math.exp(Math.max(-80, Math.min(80, ratioLogps!.data[i]! - oldLogps!.data[i]!)));
    const advantage = advantages!.data[i]!;
    const all = [logps, ratioLogps, oldLogps, advantages].map((input) => input!.data[i]!);
    const slope = -weight * Math.min(ratio, cap) * advantage + nanUnlessFinite(...all);
    return { weight, ratio, advantage, slope };
  });
}

export const cispoReference = {
  /** loss = scale Σ -min(ρ, cap) A logp mask. */
  forward(inputs: HostArrays, options: CispoOptions): HostArrays {
    const { logps, scale } = inputs;
    const loss = tokensOf(inputs, options).reduce(
      (sum, { slope }, i) => (slope === 0 ? sum : sum + slope * logps!.data[i]!),
      0,
    );
    return { loss: { shape: [1], data: Float64Array.of(scale!.data[0]! * loss) } };
  },

  /** Sums over the mask, as `cispoMetricNames` names them. */
  metrics(inputs: HostArrays, options: CispoOptions): Float64Array {
    const tokens = tokensOf(inputs, options);
    const over = ({ ratio, advantage }: { ratio: number; advantage: number }) =>
      ratio > options.cap && advantage > 0;
    return Float64Array.of(
      tokens.reduce((sum, { weight }) => sum + weight, 0),
      tokens.reduce((sum, token) => sum + (over(token) ? token.weight : 0), 0),
    );
  },

  /** dlogp = -dloss scale min(ρ, cap) A mask: the ratio is a weight, not a function of logp. */
  backward(inputs: HostArrays, gradients: HostArrays, options: CispoOptions): HostArrays {
    const factor = gradients.loss!.data[0]! * inputs.scale!.data[0]!;
    const data = tokensOf(inputs, options).map(({ slope }) => factor * slope);
    return { logps: { shape: inputs.logps!.shape, data: Float64Array.from(data) } };
  },
};
