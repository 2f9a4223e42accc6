import type { HostArrays } from '../../contract/index.ts';
import { nanUnlessFinite } from '../token-loss/token-loss.reference.ts';

export interface ValueClipOptions {
  /** A value may leave its old one by so much for free; PPO uses 0.2. Absent: the plain squared error. */
  readonly clipRange?: number;
}

interface Token {
  readonly value: number;
  readonly target: number;
  readonly square: number;
  readonly clipped: number;
  readonly weight: number;
}

function tokensOf(inputs: HostArrays, { clipRange }: ValueClipOptions): Token[] {
  const { values, returns, oldValues, mask } = inputs;
  return Array.from(mask!.data, (weight, i) => {
    if (weight === 0) return { value: 0, target: 0, square: 0, clipped: 0, weight };
    const [target, old] = [returns!.data[i]!, oldValues?.data[i] ?? 0];
    const value = values!.data[i]! + nanUnlessFinite(values!.data[i]!, target, old);
    const square = (value - target) ** 2;
    if (clipRange === undefined) return { value, target, square, clipped: square, weight };
    const near = Math.max(old - clipRange, Math.min(old + clipRange, value));
    return { value, target, square, clipped: (near - target) ** 2, weight };
  });
}

const total = (tokens: Token[], f: (token: Token) => number) =>
  tokens.reduce((sum, token) => sum + token.weight * f(token), 0);

export const valueClipReference = {
  /** loss = scale Σ ½ max((v - R)², (clip(v, old ± range) - R)²) mask. */
  forward(inputs: HostArrays, options: ValueClipOptions): HostArrays {
    const loss = total(
      tokensOf(inputs, options),
      ({ square, clipped }) => 0.5 * Math.max(square, clipped),
    );
    return { loss: { shape: [1], data: Float64Array.of(inputs.scale!.data[0]! * loss) } };
  },

  /** Sums over the mask, as `valueClipMetricNames` names them. */
  metrics(inputs: HostArrays, options: ValueClipOptions): Float64Array {
    const tokens = tokensOf(inputs, options);
    return Float64Array.of(
      total(tokens, () => 1),
      total(tokens, ({ square, clipped }) => (clipped > square ? 1 : 0)),
      total(tokens, ({ square }) => square),
      total(tokens, ({ value }) => value),
      total(tokens, ({ target }) => target),
      total(tokens, ({ target }) => target * target),
    );
  },

  /** dv = dloss scale (v - R) mask, or 0 where the clipped square is the greater. */
  backward(inputs: HostArrays, gradients: HostArrays, options: ValueClipOptions): HostArrays {
    const factor = gradients.loss!.data[0]! * inputs.scale!.data[0]!;
    const data = tokensOf(inputs, options).map(({ value, target, square, clipped, weight }) =>
      clipped > square ? 0 : factor * (value - target) * weight,
    );
    return { values: { shape: inputs.values!.shape, data: Float64Array.from(data) } };
  },
};
