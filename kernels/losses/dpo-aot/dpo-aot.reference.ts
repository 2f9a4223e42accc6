import {
  allPairs,
  type Pair,
  type PairLossReference,
  sigmoid,
  softplus,
} from '../pair-loss/pair-loss.reference.ts';
import type { PairLossOptions } from '../pair-loss/pair-loss.score.ts';

/** Which pairs hold the smallest, the next, … of a list. */
const order = (list: readonly number[]) =>
  list.map((_, p) => p).sort((p, q) => list[p]! - list[q]! || p - q);

/** -(1 - ε) log σ(β d_k) - ε log σ(-β d_k), d the difference of two sorted lists. */
export const sortedLoss = (
  first: (pair: Pair) => number,
  second: (pair: Pair) => number,
  unpaired: boolean,
): PairLossReference<PairLossOptions> =>
  allPairs((pairs, { beta = 0.1, labelSmoothing: e = 0 }) => {
    const [as, bs] = [pairs.map(first), pairs.map(second)];
    const [byA, byB] = [order(as), order(bs)];
    const losses = pairs.map(() => ({ loss: 0, chosen: 0, rejected: 0 }));
    pairs.forEach(({ weight }, k) => {
      const z = beta * (as[byA[k]!]! - bs[byB[k]!]!);
      const slope = weight * beta * (e * sigmoid(z) - (1 - e) * sigmoid(-z));
      losses[k]!.loss = weight * ((1 - e) * softplus(-z) + e * softplus(z));
      losses[byA[k]!]!.chosen = slope;
      losses[(unpaired ? byB : byA)[k]!]!.rejected = -slope;
    });
    return losses;
  });

/** The lists are chosen minus rejected, under the policy and under the reference. */
export const dpoAotReference = sortedLoss(
  ({ chosen, rejected }) => chosen.logp - rejected.logp,
  ({ chosen, rejected }) => chosen.refLogp - rejected.refLogp,
  false,
);
