import { AttuneError } from '@attune/gpu';
import {
  elementsInclude,
  expectShape,
  finiteInclude,
  operation,
  shader,
  type Tensor,
} from '../contract/index.ts';
import forwardText from './policy-mask.forward.wgsl';
import { type PolicyMaskOptions, policyMaskReference } from './policy-mask.reference.ts';

export { type PolicyMaskOptions, policyMaskReference } from './policy-mask.reference.ts';

const source = shader('policy-mask.forward', forwardText, {
  ...elementsInclude,
  ...finiteInclude,
});

export type PolicyMaskInputs = {
  /** [N] f32: what a token weighs if it is kept. */
  readonly weights: Tensor;
  /** [N] f32: with it only uncertain tokens are kept, those at or above an order statistic of the members. */
  readonly entropy?: Tensor;
  /** [N] f32: 1 for a token that takes part in the order, 0 for any other. */
  readonly members?: Tensor;
  /** [1] f32: which of the members, in ascending order from 1, is the least uncertain one kept; `entropyRank`. */
  readonly least?: Tensor;
  /** [N] f32: with it sequences of negative advantage are kept only while they are near: mean log-probabilities now. */
  readonly ratioLogps?: Tensor;
  /** [N] f32: those at sampling. */
  readonly oldLogps?: Tensor;
  /** [N] f32. */
  readonly advantages?: Tensor;
};

/**
 * Which tokens a policy learns from, as weights f32 [N], without gradient: the uncertain ones (TRL's
 * `top_entropy_quantile`), or those of sequences that are still near where they were sampled (its
 * `off_policy_mask_threshold`), or both.
 * @see Wang et al. 2025, https://arxiv.org/abs/2506.01939; DeepSeek-V3.2, https://arxiv.org/abs/2512.02556
 * @throws AttuneError `bad-value` where an input lacks those that belong to it, or for no choice at all
 */
export const policyMask = operation<PolicyMaskInputs, { y: Tensor }, PolicyMaskOptions>({
  name: 'policyMask',
  reference: policyMaskReference,
  forward(recorder, inputs, { threshold }) {
    const { weights, entropy, members, least, ratioLogps, oldLogps, advantages } = inputs;
    const uncertain = [entropy, members, least];
    const near = [ratioLogps, oldLogps, advantages];
    const partial = [uncertain, near].some((some) => some.some((x) => x) && !some.every((x) => x));
    if (partial || (!entropy && !ratioLogps) || (ratioLogps && threshold === undefined)) {
      throw new AttuneError(
        'bad-value',
        `policyMask was given ${Object.keys(inputs).join(', ')} and the threshold ${threshold}.`,
        'Give entropy, members and least, or ratioLogps, oldLogps, advantages and a threshold, or both.',
      );
    }
    expectShape(weights.name, weights.shape, [-1]);
    for (const tensor of [entropy, members, ...near]) {
      if (tensor) expectShape(tensor.name, tensor.shape, weights.shape);
    }
    if (least) expectShape(least.name, least.shape, [1]);
    const count = weights.shape[0]!;
    const y = recorder.tensor('y', [count]);
    recorder.dispatch(source, {
      tensors: {
        weights,
        y,
        ...(entropy && { entropy, members: members!, least: least! }),
        ...(ratioLogps && { ratioLogps, oldLogps: oldLogps!, advantages: advantages! }),
      },
      defines: { ENTROPY: entropy !== undefined, DRIFT: ratioLogps !== undefined },
      params: { count, threshold: threshold ?? 0 },
      workgroups: Math.ceil(count / 64),
    });
    return { y };
  },
});

/**
 * The value of `least` that keeps the most uncertain `share` of `count` members: those at or above the quantile
 * 1 - share, interpolated linearly as in PyTorch. At least one is kept.
 */
export function entropyRank(share: number, count: number): number {
  const rank = (1 - share) * Math.max(0, count - 1);
  // A rank that is whole but for rounding is that member's, not the next one's.
  return Math.min(count, Math.ceil(rank - 1e-6 * Math.max(1, rank)) + 1);
}
