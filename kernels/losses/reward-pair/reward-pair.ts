import { AttuneError } from '@attune/gpu';
import {
  expectShape,
  finiteInclude,
  numericInclude,
  operation,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import { type LossOutputs, recordTokenLossGradient } from '../token-loss/token-loss.ts';
import forwardText from './reward-pair.forward.wgsl';
import { type RewardPairOptions, rewardPairReference } from './reward-pair.reference.ts';

export { type RewardPairOptions, rewardPairReference } from './reward-pair.reference.ts';

const source = shader('reward-pair.forward', forwardText, {
  ...finiteInclude,
  ...numericInclude,
});

export type RewardPairInputs = {
  /** [2 P] f32: the rewards of P chosen answers, then those of the rejected ones. */
  readonly rewards: Tensor;
  /** [P] f32: by how much the chosen answer should lead. */
  readonly margins?: Tensor;
  /** [1] f32: for instance 1 / P. */
  readonly scale: Tensor;
};

/**
 * `correct`: pairs whose chosen answer has the greater reward; `margin`: Σ c - r, without the wanted margins;
 * `reward`: the sum of all 2 P rewards; then the least and the greatest of them.
 */
export const rewardPairMetricNames = ['correct', 'margin', 'reward', 'least', 'greatest'] as const;

/**
 * The Bradley-Terry loss of a reward model, scale · Σ -log σ(c - r - margin) + centering · (c + r)².
 * Its gradient is one vector of 2 P numbers in the order of `rewards`.
 * @see Ouyang et al. 2022, https://arxiv.org/abs/2203.02155, equation 1; margins: Touvron et al. 2023,
 * https://arxiv.org/abs/2307.09288, equation 2; centering: Eisenstein et al. 2023, https://arxiv.org/abs/2312.09244
 * @throws AttuneError `bad-value` when `centering` is no number from 0; `wrong-shape` for an odd number of rewards
 */
export const rewardPair = operation<RewardPairInputs, LossOutputs, RewardPairOptions>({
  name: 'rewardPair',
  reference: rewardPairReference,
  forward(recorder, { rewards, margins, scale }, { centering = 0 }) {
    if (!(centering >= 0 && centering < Number.POSITIVE_INFINITY)) {
      throw new AttuneError(
        'bad-value',
        `Rewards were to be centred with the weight ${centering}.`,
        'Give centering (center_rewards_coefficient) as a number from 0, such as 0.01.',
      );
    }
    const pairs = Math.floor(rewards.shape[0]! / 2);
    expectShape(rewards.name, rewards.shape, [2 * Math.max(1, pairs)]);
    expectShape(scale.name, scale.shape, [1]);
    if (margins) expectShape(margins.name, margins.shape, [pairs]);
    const gradient = recorder.tensor('gradient', rewards.shape);
    const loss = recorder.tensor('loss', [1]);
    const metrics = recorder.tensor('metrics', [rewardPairMetricNames.length]);
    recorder.dispatch(source, {
      tensors: { rewards, scale, gradient, loss, metrics, ...(margins && { margins }) },
      defines: { MARGINS: margins !== undefined },
      params: { pairs, centering },
      workgroups: 1,
    });
    return { loss, gradient, metrics };
  },
  backward: (recorder, { outputs, gradients }) => ({
    rewards: recordTokenLossGradient(recorder, outputs, gradients.loss),
  }),
});
