import { AttuneError } from '@attune/gpu';
import {
  elements,
  expectShape,
  operation,
  type Recorder,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import { type SplitHeadsOptions, splitHeadsReference } from './split-heads.reference.ts';
import text from './split-heads.wgsl';

export { type SplitHeadsOptions, splitHeadsReference } from './split-heads.reference.ts';

const source = shader('split-heads', text);

type Inputs = { qkv: Tensor; cos: Tensor; sin: Tensor; positions: Tensor };
type Parts = { q: Tensor; k: Tensor; v: Tensor };

function record(
  recorder: Recorder,
  { cos, sin, positions }: Inputs,
  qkv: Tensor,
  parts: Parts,
  { heads, kvHeads, headDim }: SplitHeadsOptions,
  join: boolean,
): void {
  const half = headDim / 2;
  const size = half % 4 === 0 ? 4 : 1;
  const count = elements(qkv.shape) / 2 / size;
  recorder.dispatch(source, {
    tensors: { cosines: cos, sines: sin, positions, qkv, ...parts },
    defines: { VEC4: size === 4, JOIN: join },
    params: { count, heads, kvHeads, half: half / size },
    workgroups: Math.ceil(count / 64),
  });
}

/**
 * Queries, keys and values that one product computed side by side, taken apart, with rotary position embedding
 * (`rope`) for q and k on the way.
 *
 * qkv [tokens, (heads + 2·kvHeads)·headDim]: the heads of q, of k, of v; cos, sin [P, headDim/2]; positions i32
 * [tokens] below P; q [tokens, heads·headDim]; k, v [tokens, kvHeads·headDim]. The gradient wants all three.
 */
export const splitHeads = operation<Inputs, Parts, SplitHeadsOptions>({
  name: 'split-heads',
  reference: splitHeadsReference,
  forward(recorder, inputs, options) {
    const { qkv, cos, sin, positions } = inputs;
    const { heads, kvHeads, headDim } = options;
    if (headDim % 2 !== 0) {
      throw new AttuneError(
        'wrong-shape',
        `RoPE turns pairs of a head's dimension: headDim ${headDim} is odd.`,
        'Give an even headDim.',
      );
    }
    expectShape(qkv.name, qkv.shape, [-1, (heads + 2 * kvHeads) * headDim]);
    const tokens = qkv.shape[0]!;
    expectShape(cos.name, cos.shape, [-1, headDim / 2]);
    expectShape(sin.name, sin.shape, cos.shape);
    expectShape(positions.name, positions.shape, [tokens]);
    const parts = {
      q: recorder.tensor('q', [tokens, heads * headDim]),
      k: recorder.tensor('k', [tokens, kvHeads * headDim]),
      v: recorder.tensor('v', [tokens, kvHeads * headDim]),
    };
    record(recorder, inputs, qkv, parts, options, false);
    return parts;
  },
  backward(recorder, { inputs, gradients: { q, k, v }, options, needs }) {
    if (!needs.qkv || !q || !k || !v) return {};
    const qkv = recorder.tensor('dqkv', inputs.qkv.shape);
    record(recorder, inputs, qkv, { q, k, v }, options, true);
    return { qkv };
  },
});
