import { AttuneError } from '@attune/gpu';
import { elementsInclude, expectShape, operation, shader, type Tensor } from '../contract/index.ts';
import clearText from './gae.clear.wgsl';
import forwardText from './gae.forward.wgsl';
import { type GaeOptions, gaeReference } from './gae.reference.ts';

export { type GaeOptions, gaeReference } from './gae.reference.ts';

const clearSource = shader('gae.clear', clearText, elementsInclude);
const forwardSource = shader('gae.forward', forwardText);

export type GaeInputs = {
  /** [N] f32: the reward at each token; what does not count may hold anything. */
  readonly rewards: Tensor;
  /** [N] f32: the value model's estimate at each token, at sampling. */
  readonly values: Tensor;
  /** [R, 2] i32: where each sequence starts and ends (exclusive) among the tokens; they do not overlap. */
  readonly bounds: Tensor;
  /** [N] f32: tokens where it is 0 are passed over, as if the sequence did not have them. */
  readonly mask?: Tensor;
};

/**
 * Generalised advantage estimation: advantages and returns, f32 [N] each, without gradient. Behind the last token of
 * a sequence the value is 0. Tokens that do not count get 0.
 * @see Schulman et al. 2016, https://arxiv.org/abs/1506.02438, equation 16; TRL's PPOTrainer, step 6
 * @throws AttuneError `bad-value` when gamma or lam is not from 0 to 1
 */
export const gae = operation<GaeInputs, { advantages: Tensor; returns: Tensor }, GaeOptions>({
  name: 'gae',
  reference: gaeReference,
  forward(recorder, { rewards, values, bounds, mask }, { gamma = 1, lam = 0.95 }) {
    if (!(gamma >= 0 && gamma <= 1 && lam >= 0 && lam <= 1)) {
      throw new AttuneError(
        'bad-value',
        `Advantages were asked for with gamma ${gamma} and lam ${lam}.`,
        'Give both from 0 to 1.',
      );
    }
    expectShape(values.name, values.shape, [-1]);
    for (const tensor of [rewards, mask]) {
      if (tensor) expectShape(tensor.name, tensor.shape, values.shape);
    }
    expectShape(bounds.name, bounds.shape, [-1, 2]);
    const [count, rows] = [values.shape[0]!, bounds.shape[0]!];
    const advantages = recorder.tensor('advantages', [count]);
    const returns = recorder.tensor('returns', [count]);
    recorder.dispatch(clearSource, {
      tensors: { advantages, returns },
      params: { count },
      workgroups: Math.ceil(count / 64),
    });
    recorder.dispatch(forwardSource, {
      tensors: { rewards, values, bounds, advantages, returns, ...(mask && { mask }) },
      defines: { MASKED: mask !== undefined },
      constants: { LANES: recorder.traits.software ? 1 : 64 },
      params: { count, rows, gamma, decay: gamma * lam },
      workgroups: rows,
    });
    return { advantages, returns };
  },
});
