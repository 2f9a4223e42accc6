import { AttuneError } from '@attune/gpu';
import {
  elementsInclude,
  expectShape,
  finiteInclude,
  numericInclude,
  operation,
  shader,
  type Tensor,
} from '../contract/index.ts';
import backwardText from './token-kl.backward.wgsl';
import forwardText from './token-kl.forward.wgsl';
import { tokenKlReference } from './token-kl.reference.ts';

export { tokenKlReference } from './token-kl.reference.ts';

const includes = { ...elementsInclude, ...finiteInclude };
const forwardSource = shader('token-kl.forward', forwardText, { ...includes, ...numericInclude });
const backwardSource = shader('token-kl.backward', backwardText, includes);

export type TokenKlInputs = {
  /** [N] f32: log-probabilities of sampled tokens under the policy. */
  readonly logps: Tensor;
  /** [N] f32: those under the reference model, without gradient. */
  readonly refLogps: Tensor;
  /** [N] f32: with it, what the correcting ratio is taken of: `logps` again, or means of whole answers. */
  readonly ratioLogps?: Tensor;
  /** [N] f32: those of the policy that sampled, without gradient; comes with `ratioLogps`. */
  readonly oldLogps?: Tensor;
};

/**
 * The k3 estimate of KL(policy ‖ reference) at each sampled token, e^d - d - 1 with d = refLogps - logps, f32 [N]:
 * never negative, unbiased as a value. With `ratioLogps` it is multiplied by ρ = e^(ratioLogps - oldLogps), which
 * also makes its gradient that of the divergence (TRL's `use_bias_correction_kl`). Differences are clamped to ±80.
 * @see Schulman 2020, http://joschu.net/blog/kl-approx.html; the correction: DeepSeek-V3.2,
 * https://arxiv.org/abs/2512.02556
 * @throws AttuneError `bad-value` for one of `ratioLogps` and `oldLogps` without the other
 */
export const tokenKl = operation<TokenKlInputs, { y: Tensor }, Record<string, never>>({
  name: 'tokenKl',
  reference: tokenKlReference,
  forward(recorder, { logps, refLogps, ratioLogps, oldLogps }) {
    if (!ratioLogps !== !oldLogps) {
      throw new AttuneError(
        'bad-value',
        'tokenKl was given one of ratioLogps and oldLogps.',
        'Give both for the corrected estimate, or none.',
      );
    }
    expectShape(logps.name, logps.shape, [-1]);
    for (const tensor of [refLogps, ratioLogps, oldLogps]) {
      if (tensor) expectShape(tensor.name, tensor.shape, logps.shape);
    }
    const count = logps.shape[0]!;
    const y = recorder.tensor('y', [count]);
    recorder.dispatch(forwardSource, {
      tensors: { logps, refLogps, y, ...(ratioLogps && { ratioLogps, oldLogps: oldLogps! }) },
      defines: { CORRECTED: ratioLogps !== undefined },
      params: { count },
      workgroups: Math.ceil(count / 64),
    });
    return { y };
  },
  backward(recorder, { inputs, outputs: { y }, gradients: { y: dy }, needs }) {
    if (!dy || (!needs.logps && !needs.ratioLogps)) return {};
    const { logps, refLogps, ratioLogps, oldLogps } = inputs;
    const count = logps.shape[0]!;
    const dlogps = recorder.tensor('dlogps', [count]);
    const dratio = ratioLogps && recorder.tensor('dratio', [count]);
    recorder.dispatch(backwardSource, {
      tensors: {
        logps,
        refLogps,
        dy,
        dlogps,
        ...(ratioLogps && { ratioLogps, oldLogps: oldLogps!, y, dratio: dratio! }),
      },
      defines: { CORRECTED: ratioLogps !== undefined },
      params: { count },
      workgroups: Math.ceil(count / 64),
    });
    return { logps: dlogps, ...(dratio && { ratioLogps: dratio }) };
  },
});
