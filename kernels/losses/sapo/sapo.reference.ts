import type { HostArrays } from '../../contract/index.ts';
import { nanUnlessFinite } from '../token-loss/token-loss.reference.ts';

export interface SapoOptions {
  /** How fast the gate closes for tokens with A > 0. Default 1. */
  readonly temperaturePos?: number;
  /** For all others. Default 1.05: mistakes fade a little sooner. */
  readonly temperatureNeg?: number;
}

function tokensOf({ logps, oldLogps, advantages, mask }: HostArrays, options: SapoOptions) {
  const { temperaturePos = 1, temperatureNeg = 1.05 } = options;
  return Array.from(mask!.data, (weight, i) => {
    if (weight === 0) return { weight, ratio: 1, advantage: 0, tau: 1, sigmoid: 0.5 };
    const [logp, old] = [logps!.data[i]!, oldLogps!.data[i]!];
    const advantage = advantages!.data[i]!;
    const broken = nanUnlessFinite(logp, old, advantage);
    const ratio = Math.exp(Math.max(-80, Math.min(80, logp - old))) + broken;
    const tau = advantage > 0 ? temperaturePos : temperatureNeg;
    return { weight, ratio, advantage, tau, sigmoid: 1 / (1 + Math.exp(-tau * (ratio - 1))) };
  });
}

export const sapoReference = {
  /** loss = scale Σ -(4 / τ) σ(τ (ρ - 1)) A mask. */
  forward(inputs: HostArrays, options: SapoOptions): HostArrays {
    const loss = tokensOf(inputs, options).reduce(
      (sum, { weight, advantage, tau, sigmoid }) => sum - weight * (4 / tau) * sigmoid * advantage,
      0,
    );
    return { loss: { shape: [1], data: Float64Array.of(inputs.scale!.data[0]! * loss) } };
  },

  /** Sums over the mask, as `sapoMetricNames` names them. */
  metrics(inputs: HostArrays, options: SapoOptions): Float64Array {
    const tokens = tokensOf(inputs, options);
    return Float64Array.of(
      tokens.reduce((sum, { weight }) => sum + weight, 0),
      tokens.reduce((sum, { weight, sigmoid }) => sum + weight * 4 * sigmoid * (1 - sigmoid), 0),
      tokens.reduce((sum, { weight, ratio }) => sum + weight * ratio, 0),
    );
  },

  /** dlogp = -dloss scale 4 σ (1 - σ) ρ A mask. */
  backward(inputs: HostArrays, gradients: HostArrays, options: SapoOptions): HostArrays {
    const factor = gradients.loss!.data[0]! * inputs.scale!.data[0]!;
    const data = tokensOf(inputs, options).map(
      ({ weight, ratio, advantage, sigmoid }) =>
        -factor * weight * 4 * sigmoid * (1 - sigmoid) * ratio * advantage,
    );
    return { logps: { shape: inputs.logps!.shape, data: Float64Array.from(data) } };
  },
};
