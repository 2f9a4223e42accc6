import type { HostArrays } from '../../contract/index.ts';
import { nanUnlessFinite } from '../token-loss/token-loss.reference.ts';

export interface PpoClipOptions {
  /** The ratio is clipped to [1 - epsilonLow, 1 + epsilonHigh]; PPO uses 0.2 for both. */
  readonly epsilonLow: number;
  readonly epsilonHigh: number;
  /** Two-sided clipping (INTELLECT-2): the unclipped arm's ratio is clipped at this too. Default: not at all. */
  readonly delta?: number;
  /** Tokens are summed; `scale` makes any mean of it. */
  readonly reduction?: 'sum';
}

interface Token {
  readonly d: number;
  readonly ratio: number;
  readonly advantage: number;
  readonly weight: number;
}

const tokensOf = ({ logps, oldLogps, advantages, mask }: HostArrays): Token[] =>
  Array.from(logps!.data, (logp, i) => {
    const weight = mask!.data[i]!;
    if (weight === 0) return { d: 0, ratio: 1, advantage: 0, weight };
    const [old, advantage] = [oldLogps!.data[i]!, advantages!.data[i]!];
    const d = Math.max(-80, Math.min(80, logp - old)) + nanUnlessFinite(logp, old, advantage);
    return { d, ratio: Math.exp(d), advantage, weight };
  });

const total = (tokens: Token[], f: (token: Token) => number) =>
  tokens.reduce((sum, token) => sum + token.weight * f(token), 0);

/** The two arms of the min: the ratio (below δ, where there is one) and the clipped ratio, each times A. */
function arms(
  { ratio, advantage: a }: Token,
  { epsilonLow, epsilonHigh, delta = Number.POSITIVE_INFINITY }: PpoClipOptions,
): [number, number] {
  const clipped = Math.max(1 - epsilonLow, Math.min(1 + epsilonHigh, ratio));
  return [Math.min(ratio, delta) * a, clipped * a];
}

export const ppoClipReference = {
  /** loss = scale Σ -min(min(ρ, δ) A, clip(ρ, 1 - ε_low, 1 + ε_high) A) mask. */
  forward(inputs: HostArrays, options: PpoClipOptions): HostArrays {
    const loss = total(tokensOf(inputs), (token) => -Math.min(...arms(token, options)));
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

  /** dlogp = -dloss scale ρ A mask where the smaller arm moves with ρ, else 0. */
  backward(inputs: HostArrays, gradients: HostArrays, options: PpoClipOptions): HostArrays {
    const factor = gradients.loss!.data[0]! * inputs.scale!.data[0]!;
    const data = tokensOf(inputs).map((token) => {
      const { ratio, advantage: a, weight } = token;
      const smaller = Math.min(...arms(token, options));
      // An arm at its bound is a constant times A.
      const moves = arms(token, options).some((arm) => arm === smaller && arm === ratio * a);
      if (Number.isNaN(ratio)) return Number.NaN;
      return moves ? -factor * ratio * a * weight : 0;
    });
    return { logps: { shape: inputs.logps!.shape, data: Float64Array.from(data) } };
  },
};
