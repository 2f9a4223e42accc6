import { AttuneError } from '@attune/gpu';
import {
  elementsInclude,
  expectShape,
  numericInclude,
  operation,
  shader,
  type Tensor,
} from '../contract/index.ts';
import forwardText from './kl-reward.forward.wgsl';
import { type KlRewardOptions, klRewardReference } from './kl-reward.reference.ts';
import scoreText from './kl-reward.score.wgsl';

export { type KlRewardOptions, klRewardReference } from './kl-reward.reference.ts';

const forwardSource = shader('kl-reward.forward', forwardText, {
  ...elementsInclude,
  ...numericInclude,
});
const scoreSource = shader('kl-reward.score', scoreText, elementsInclude);

export type KlRewardInputs = {
  /** [N] f32: log-probabilities of the sampled tokens under the policy that sampled. */
  readonly logps: Tensor;
  /** [N] f32: those under the reference model. */
  readonly refLogps: Tensor;
  /** [N] f32: 0 where there is no token (both may hold anything there). */
  readonly mask: Tensor;
  /** [R] f32: the score of each completion. */
  readonly scores: Tensor;
  /** [R] i32: where among the N its score comes, no two alike; negative: nowhere. TRL's is one behind the last token, if there is room. */
  readonly places: Tensor;
  /** [1] f32: the KL coefficient, which may change from batch to batch. */
  readonly coefficient: Tensor;
};

/**
 * The reward of each token in RLHF, -coefficient · kl, and the completion's score at one place. `kl` and `rewards`
 * are f32 [N], without gradient; TRL's `non_score_reward` is -coefficient · kl.
 * @see Ziegler et al. 2019, https://arxiv.org/abs/1909.08593, equation 2; Schulman 2020, http://joschu.net/blog/kl-approx.html
 * @throws AttuneError `bad-value` for another estimator
 */
export const klReward = operation<KlRewardInputs, { kl: Tensor; rewards: Tensor }, KlRewardOptions>(
  {
    name: 'klReward',
    reference: klRewardReference,
    forward(recorder, inputs, { estimator = 'k1' }) {
      const { logps, refLogps, mask, scores, places, coefficient } = inputs;
      if (estimator !== 'k1' && estimator !== 'k3') {
        throw new AttuneError(
          'bad-value',
          `The divergence was to be estimated by ${estimator}.`,
          'Choose k1 or k3.',
        );
      }
      expectShape(logps.name, logps.shape, [-1]);
      expectShape(refLogps.name, refLogps.shape, logps.shape);
      expectShape(mask.name, mask.shape, logps.shape);
      expectShape(scores.name, scores.shape, [-1]);
      expectShape(places.name, places.shape, scores.shape);
      expectShape(coefficient.name, coefficient.shape, [1]);
      const [count, rows] = [logps.shape[0]!, scores.shape[0]!];
      const kl = recorder.tensor('kl', [count]);
      const rewards = recorder.tensor('rewards', [count]);
      recorder.dispatch(forwardSource, {
        tensors: { logps, refLogps, mask, coefficient, kl, rewards },
        defines: { K3: estimator === 'k3' },
        params: { count },
        workgroups: Math.ceil(count / 64),
      });
      recorder.dispatch(scoreSource, {
        tensors: { scores, places, rewards },
        params: { count: rows, tokens: count },
        workgroups: Math.ceil(rows / 64),
      });
      return { kl, rewards };
    },
  },
);

/**
 * The KL coefficient of the next batch: raised where the divergence of this one (nats a completion) is above the
 * target, lowered where it is below, by at most a fifth for `horizon` completions.
 * @see Ziegler et al. 2019, section 2.2; their run had target 6, horizon 10000 and began at 0.15
 */
export function adaptKlCoefficient(
  coefficient: number,
  {
    kl,
    target,
    samples,
    horizon,
  }: {
    /** The mean over the completions of the sum of `kl`. */
    readonly kl: number;
    readonly target: number;
    /** Completions of the batch. */
    readonly samples: number;
    readonly horizon: number;
  },
): number {
  if (!(target > 0 && horizon > 0 && samples >= 0 && Number.isFinite(kl))) {
    throw new AttuneError(
      'bad-value',
      `The KL coefficient was to follow a divergence of ${kl} over ${samples} completions towards the target ${target} with horizon ${horizon}.`,
      'Give a positive target and horizon, and a divergence that is a number.',
    );
  }
  const error = Math.max(-0.2, Math.min(0.2, kl / target - 1));
  return coefficient * (1 + (error * samples) / horizon);
}
