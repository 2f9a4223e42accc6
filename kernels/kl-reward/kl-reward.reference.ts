import type { HostArrays } from '../contract/index.ts';

export interface KlRewardOptions {
  /**
   * With d = refLogps - logps: k1 is -d (unbiased, of either sign), k3 is e^d - 1 - d (unbiased, never negative; |d|
   * is held within 80). Default k1, TRL's.
   */
  readonly estimator?: 'k1' | 'k3';
}

export const klRewardReference = {
  /** rewards = -coefficient · kl, plus each completion's score at its place. */
  forward(inputs: HostArrays, { estimator = 'k1' }: KlRewardOptions): HostArrays {
    const { logps, refLogps, mask, scores, places, coefficient } = inputs;
    const kl = Float64Array.from(logps!.data, (logp, i) => {
      if (mask!.data[i] === 0) return 0;
      const d = refLogps!.data[i]! - logp;
      if (estimator === 'k1') return -d;
      const held = Math.max(-80, Math.min(80, d));
      return Math.expm1(held) - held;
    });
    const rewards = kl.map((value) => -coefficient!.data[0]! * value);
    places!.data.forEach((place, row) => {
      if (place >= 0 && place < rewards.length) rewards[place]! += scores!.data[row]!;
    });
    const { shape } = logps!;
    return { kl: { shape, data: kl }, rewards: { shape, data: rewards } };
  },
};
