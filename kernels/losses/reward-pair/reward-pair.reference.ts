import type { HostArrays } from '../../contract/index.ts';
import { nanUnlessFinite } from '../token-loss/token-loss.reference.ts';

export interface RewardPairOptions {
  /** Weight of (c + r)², which keeps rewards around 0: `center_rewards_coefficient`. Default 0. */
  readonly centering?: number;
}

interface Pair {
  readonly chosen: number;
  readonly rejected: number;
  readonly x: number;
}

function pairsOf({ rewards, margins }: HostArrays): Pair[] {
  const count = rewards!.data.length / 2;
  return Array.from({ length: count }, (_, p) => {
    const [chosen, rejected] = [rewards!.data[p]!, rewards!.data[count + p]!];
    const x = chosen - rejected - (margins?.data[p] ?? 0);
    return { chosen, rejected, x: x + nanUnlessFinite(x, chosen) };
  });
}

/** log(1 + e^x) */
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const total = (pairs: Pair[], f: (pair: Pair) => number) =>
  pairs.reduce((sum, pair) => sum + f(pair), 0);

export const rewardPairReference = {
  /** loss = scale Σ -log σ(c - r - margin) + centering (c + r)². */
  forward(inputs: HostArrays, { centering = 0 }: RewardPairOptions): HostArrays {
    const loss = total(
      pairsOf(inputs),
      ({ chosen, rejected, x }) => softplus(-x) + centering * (chosen + rejected) ** 2,
    );
    return { loss: { shape: [1], data: Float64Array.of(inputs.scale!.data[0]! * loss) } };
  },

  /** What `rewardPairMetricNames` names. */
  metrics(inputs: HostArrays): Float64Array {
    const pairs = pairsOf(inputs);
    return Float64Array.of(
      total(pairs, ({ chosen, rejected }) =>
        chosen - rejected > 1e-6 * (Math.abs(chosen) + Math.abs(rejected)) ? 1 : 0,
      ),
      total(pairs, ({ chosen, rejected }) => chosen - rejected),
      total(pairs, ({ chosen, rejected }) => chosen + rejected),
      Math.min(...inputs.rewards!.data),
      Math.max(...inputs.rewards!.data),
    );
  },

  /** dc = dloss scale (-σ(-x) + 2 centering (c + r)), dr the same with +σ(-x). */
  backward(
    inputs: HostArrays,
    gradients: HostArrays,
    { centering = 0 }: RewardPairOptions,
  ): HostArrays {
    const factor = gradients.loss!.data[0]! * inputs.scale!.data[0]!;
    const pairs = pairsOf(inputs);
    const slope = (sign: number) => (pair: Pair) =>
      factor * (sign * sigmoid(-pair.x) + 2 * centering * (pair.chosen + pair.rejected));
    const data = Float64Array.from([...pairs.map(slope(-1)), ...pairs.map(slope(1))]);
    return { rewards: { shape: inputs.rewards!.shape, data } };
  },
};
