import type { HostArrays } from '../../contract/index.ts';
import { nanUnlessFinite } from '../token-loss/token-loss.reference.ts';

interface Token {
  readonly d: number;
  readonly ratio: number;
  readonly kl: number;
  readonly advantage: number;
  readonly weight: number;
}

const tokensOf = ({ logps, oldLogps, advantages, mask }: HostArrays): Token[] =>
  Array.from(logps!.data, (logp, i) => {
    const weight = mask!.data[i]!;
    if (weight === 0) return { d: 0, ratio: 1, kl: 0, advantage: 0, weight };
    const [old, advantage] = [oldLogps!.data[i]!, advantages!.data[i]!];
    const d = Math.max(-80, Math.min(80, logp - old)) + nanUnlessFinite(logp, old, advantage);
    return { d, ratio: Math.exp(d), kl: Math.expm1(d) - d, advantage, weight };
  });

const total = (tokens: Token[], f: (token: Token) => number) =>
  tokens.reduce((sum, token) => sum + token.weight * f(token), 0);

export const ppoKlPenaltyReference = {
  /** loss = scale Σ (-ρ A + β (ρ - 1 - log ρ)) mask. */
  forward(inputs: HostArrays): HostArrays {
    const beta = inputs.beta!.data[0]!;
    const loss = total(
      tokensOf(inputs),
      ({ ratio, kl, advantage }) => beta * kl - ratio * advantage,
    );
    return { loss: { shape: [1], data: Float64Array.of(inputs.scale!.data[0]! * loss) } };
  },

  /** Sums over the mask, as `ppoKlPenaltyMetricNames` names them. */
  metrics(inputs: HostArrays): Float64Array {
    const tokens = tokensOf(inputs);
    return Float64Array.of(
      total(tokens, () => 1),
      total(tokens, ({ kl }) => kl),
      total(tokens, ({ d }) => (d * d) / 2),
      total(tokens, ({ ratio }) => ratio),
      total(tokens, ({ ratio, advantage }) => ratio * advantage),
    );
  },

  /** dlogp = dloss scale (-ρ A + β (ρ - 1)) mask. */
  backward(inputs: HostArrays, gradients: HostArrays): HostArrays {
    const factor = gradients.loss!.data[0]! * inputs.scale!.data[0]!;
    const beta = inputs.beta!.data[0]!;
    const data = tokensOf(inputs).map(
      ({ d, ratio, advantage, weight }) =>
        factor * weight * (beta * Math.expm1(d) - ratio * advantage),
    );
    return { logps: { shape: inputs.logps!.shape, data: Float64Array.from(data) } };
  },
};
