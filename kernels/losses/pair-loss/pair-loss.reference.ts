import type { HostArrays } from '../../contract/index.ts';
import { nanUnlessFinite } from '../token-loss/token-loss.reference.ts';
import { type PairLossOptions, scoreOf } from './pair-loss.score.ts';

/** An answer: its log-ratio, the score that stands for it with its slope, its tokens. */
export interface Side {
  readonly logp: number;
  readonly refLogp: number;
  readonly ratio: number;
  readonly score: number;
  readonly slope: number;
  readonly length: number;
}

export interface Pair {
  readonly chosen: Side;
  readonly rejected: Side;
  readonly weight: number;
}

/** A pair's loss, its slopes by the two log-ratios, and what the loss counts besides. */
export interface LossOfPair {
  readonly loss: number;
  readonly chosen: number;
  readonly rejected: number;
  readonly own?: readonly number[];
}

export interface PairLossReference<O> {
  forward(inputs: HostArrays, options: O): HostArrays;
  backward(inputs: HostArrays, gradients: HostArrays, options: O): HostArrays;
  /** Sums over the pairs, in the order of the loss's metric names. */
  metrics(inputs: HostArrays, options: O): Float64Array;
}

/** log(1 + e^x) = -log σ(-x) */
export const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
export const sigmoid = (x: number) => {
  const t = Math.exp(-Math.abs(x));
  return (x < 0 ? t : 1) / (1 + t);
};

function scored(ratio: number, options: PairLossOptions): Pick<Side, 'score' | 'slope'> {
  const { score, power } = scoreOf(options);
  if (score === 0) return { score: ratio, slope: 1 };
  if (score === 1) return { score: Math.LN2 - softplus(-ratio), slope: sigmoid(-ratio) };
  const x = power * ratio;
  return {
    score: Math.expm1(Math.min(x, 80)) / power,
    slope: x > 80 ? 0 : Math.exp(x),
  };
}

/** The pairs that are no padding. */
export function pairsOf(inputs: HostArrays, options: PairLossOptions): Pair[] {
  const { logps, refLogps, lengths, weights } = inputs;
  const count = logps!.data.length / 2;
  const side = (i: number): Side => {
    const [logp, refLogp] = [logps!.data[i]!, refLogps?.data[i] ?? 0];
    const ratio = logp - refLogp;
    return { logp, refLogp, ratio, length: lengths!.data[i]!, ...scored(ratio, options) };
  };
  const all = Array.from({ length: count }, (_, p) => ({
    chosen: side(p),
    rejected: side(count + p),
    weight: (weights?.data[p] ?? 1) * (weights?.data[count + p] ?? 1),
  }));
  return all.filter(({ chosen, rejected }) => chosen.length + rejected.length > 0);
}

/** A reference from the loss of each pair, weights not yet applied. */
export function eachPair<O extends PairLossOptions>(
  lossOf: (pair: Pair, options: O) => LossOfPair,
): PairLossReference<O> {
  return allPairs((pairs, options) =>
    pairs.map((pair) => {
      const { loss, chosen, rejected, own } = lossOf(pair, options);
      const { weight } = pair;
      return { loss: weight * loss, chosen: weight * chosen, rejected: weight * rejected, own };
    }),
  );
}

/** A reference from the weighted losses of all pairs together. */
export function allPairs<O extends PairLossOptions>(
  lossOf: (pairs: readonly Pair[], options: O) => LossOfPair[],
): PairLossReference<O> {
  const losses = (inputs: HostArrays, options: O) => {
    const pairs = pairsOf(inputs, options);
    return lossOf(pairs, options).map((pair, p): LossOfPair => {
      const { chosen, rejected } = pairs[p]!;
      const broken = nanUnlessFinite(chosen.logp, rejected.logp, chosen.ratio, rejected.ratio);
      return broken === 0 ? pair : { ...pair, loss: broken, chosen: broken, rejected: broken };
    });
  };
  return {
    /** loss = scale Σ loss of the pair. */
    forward(inputs, options) {
      const loss = losses(inputs, options).reduce((sum, pair) => sum + pair.loss, 0);
      return { loss: { shape: [1], data: Float64Array.of(inputs.scale!.data[0]! * loss) } };
    },
    backward(inputs, gradients, options) {
      const factor = gradients.loss!.data[0]! * inputs.scale!.data[0]!;
      const { shape } = inputs.logps!;
      const data = new Float64Array(shape[0]!);
      losses(inputs, options).forEach(({ chosen, rejected }, p) => {
        data[p] = factor * chosen;
        data[shape[0]! / 2 + p] = factor * rejected;
      });
      return { logps: { shape, data } };
    },
    metrics(inputs, options) {
      const { beta = 0.1 } = options;
      const transformed = scoreOf(options).score === 3;
      const reward = (side: Side) => beta * (transformed ? side.score : side.ratio);
      const pairs = pairsOf(inputs, options);
      const total = (f: (pair: Pair) => number) => pairs.reduce((sum, pair) => sum + f(pair), 0);
      const own = losses(inputs, options).map((pair) => pair.own ?? []);
      return Float64Array.of(
        total(({ chosen }) => reward(chosen)),
        total(({ rejected }) => reward(rejected)),
        total((pair) => (ahead(pair, transformed) ? 1 : 0)),
        total(({ chosen, rejected }) => reward(chosen) - reward(rejected)),
        total(({ chosen }) => chosen.logp),
        total(({ rejected }) => rejected.logp),
        ...(own[0] ?? []).map((_, k) => own.reduce((sum, values) => sum + values[k]!, 0)),
      );
    },
  };
}

/** Whether the chosen answer is ahead by more than what rounds off a sum of log-probabilities: equal answers tie. */
function ahead({ chosen, rejected }: Pair, transformed: boolean): boolean {
  const lead = transformed ? chosen.score - rejected.score : chosen.ratio - rejected.ratio;
  return lead > 1e-6 * (Math.abs(chosen.logp) + Math.abs(rejected.logp));
}

/** A loss f of the difference of the scores: `lossOf` gives f and its slope at that difference. */
export const eachMargin = <O extends PairLossOptions>(
  lossOf: (margin: number, beta: number, options: O) => readonly [loss: number, slope: number],
): PairLossReference<O> =>
  eachPair(({ chosen, rejected }, options) => {
    const [loss, slope] = lossOf(chosen.score - rejected.score, options.beta ?? 0.1, options);
    return { loss, chosen: slope * chosen.slope, rejected: -slope * rejected.slope };
  });
