import type { HostArrays } from '../../contract/index.ts';
import { nanUnlessFinite } from '../token-loss/token-loss.reference.ts';

export interface KtoOptions {
  /** KL coefficient: how strongly the policy is kept near the reference model. Default 0.1. */
  readonly beta?: number;
  /** Weights of the two kinds of answers. Default 1. */
  readonly desirableWeight?: number;
  readonly undesirableWeight?: number;
}

const sigmoid = (x: number) => {
  const t = Math.exp(-Math.abs(x));
  return (x < 0 ? t : 1) / (1 + t);
};

interface Answer {
  readonly at: number;
  readonly logp: number;
  readonly ratio: number;
  readonly good: boolean;
}

function answersOf({ logps, refLogps, labels }: HostArrays): Answer[] {
  const all = Array.from(logps!.data, (logp, at) => {
    const ratio = logp - refLogps!.data[at]!;
    return { at, logp, ratio: ratio + nanUnlessFinite(logp, ratio), good: labels!.data[at]! > 0 };
  });
  return all.filter(({ at }) => labels!.data[at]! >= 0);
}

/** z = max(0, mean of the mismatched log-ratios), 0 without them. */
function baseline({ labels, klLogps, refKlLogps }: HostArrays): number {
  if (!klLogps || !refKlLogps) return 0;
  const real = Array.from(labels!.data, (label, i) => (label >= 0 ? i : -1)).filter((i) => i >= 0);
  const sum = real.reduce((total, i) => {
    const [own, reference] = [klLogps.data[i]!, refKlLogps.data[i]!];
    return total + own - reference + nanUnlessFinite(own, reference);
  }, 0);
  return Math.max(0, sum / Math.max(1, real.length));
}

/** What stands inside σ, and the weight of the answer's kind. */
function placed({ ratio, good }: Answer, z: number, options: KtoOptions) {
  const { beta = 0.1, desirableWeight = 1, undesirableWeight = 1 } = options;
  return {
    x: (good ? 1 : -1) * beta * (ratio - z),
    weight: good ? desirableWeight : undesirableWeight,
  };
}

export const ktoReference = {
  /** loss = scale Σ w (1 - σ(±β (r - z))). */
  forward(inputs: HostArrays, options: KtoOptions): HostArrays {
    const z = baseline(inputs);
    const loss = answersOf(inputs).reduce((sum, answer) => {
      const { x, weight } = placed(answer, z, options);
      return sum + weight * sigmoid(-x);
    }, 0);
    return { loss: { shape: [1], data: Float64Array.of(inputs.scale!.data[0]! * loss) } };
  },

  /** dlogp = ∓dloss scale w β σ(x) σ(-x); z has no gradient. */
  backward(inputs: HostArrays, gradients: HostArrays, options: KtoOptions): HostArrays {
    const factor = gradients.loss!.data[0]! * inputs.scale!.data[0]! * (options.beta ?? 0.1);
    const z = baseline(inputs);
    const data = new Float64Array(inputs.logps!.data.length);
    for (const answer of answersOf(inputs)) {
      const { x, weight } = placed(answer, z, options);
      data[answer.at] = (answer.good ? -1 : 1) * factor * weight * sigmoid(x) * sigmoid(-x);
    }
    return { logps: { shape: inputs.logps!.shape, data } };
  },

  /** What `ktoMetricNames` names. */
  metrics(inputs: HostArrays, { beta = 0.1 }: KtoOptions): Float64Array {
    const answers = answersOf(inputs);
    const total = (good: boolean, f: (answer: Answer) => number) =>
      answers.reduce((sum, answer) => sum + (answer.good === good ? f(answer) : 0), 0);
    const both = (f: (answer: Answer) => number) => [total(true, f), total(false, f)];
    return Float64Array.of(
      ...both(() => 1),
      ...both(({ ratio }) => beta * ratio),
      ...both(({ logp }) => logp),
      baseline(inputs),
    );
  },
};
