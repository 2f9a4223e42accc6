import { AttuneError } from '@attune/gpu';
import {
  elements,
  elementsInclude,
  expectShape,
  operation,
  type Recorder,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import { type SplitHeadsOptions, splitHeadsReference } from './split-heads.reference.ts';
import text from './split-heads.wgsl';

export { type SplitHeadsOptions, splitHeadsReference } from './split-heads.reference.ts';

const source = shader('split-heads', text, elementsInclude);

type Inputs = { qkv: Tensor; cos?: Tensor; sin?: Tensor; positions?: Tensor };
type Parts = { q: Tensor; k: Tensor; v: Tensor };

function record(
  recorder: Recorder,
  { cos, sin, positions }: Inputs,
  qkv: Tensor,
  parts: Parts,
  { heads, kvHeads, headDim }: SplitHeadsOptions,
  { join = false, capacity = 0 },
): void {
  const half = headDim / 2;
  const size = half % 4 === 0 ? 4 : 1;
  const count = elements(qkv.shape) / 2 / size;
  const places = cos !== undefined || capacity > 0;
  recorder.dispatch(source, {
    tensors: {
      ...(cos && sin && { cosines: cos, sines: sin }),
      ...(places && { positions }),
      qkv,
      ...parts,
    },
    defines: {
      ...{ VEC4: size === 4, JOIN: join, CACHE: capacity > 0 },
      ...{ ROTATE: cos !== undefined, POSITIONS: places },
    },
    params: { count, heads, kvHeads, half: half / size, capacity },
    workgroups: Math.ceil(count / 64),
  });
}

/** How many tokens there are; throws `wrong-shape` where the operands do not fit. */
function tokensOf(
  { qkv, cos, sin, positions }: Inputs,
  { heads, kvHeads, headDim }: SplitHeadsOptions,
): number {
  if (headDim % 2 !== 0) {
    throw new AttuneError(
      'wrong-shape',
      `RoPE turns pairs of a head's dimension: headDim ${headDim} is odd.`,
      'Give an even headDim.',
    );
  }
  expectShape(qkv.name, qkv.shape, [-1, (heads + 2 * kvHeads) * headDim]);
  const tokens = qkv.shape[0]!;
  if (!cos !== !sin || (cos && !positions)) {
    throw new AttuneError(
      'wrong-shape',
      `${qkv.name} was to be turned with ${cos ? (sin ? 'no positions' : 'cosines alone') : 'sines alone'}.`,
      'Give cos, sin and positions together, or none of them.',
    );
  }
  if (cos) expectShape(cos.name, cos.shape, [-1, headDim / 2]);
  if (sin) expectShape(sin.name, sin.shape, cos!.shape);
  if (positions) expectShape(positions.name, positions.shape, [tokens]);
  return tokens;
}

function split(recorder: Recorder, inputs: Inputs, options: SplitHeadsOptions): Parts {
  const tokens = tokensOf(inputs, options);
  const { heads, kvHeads, headDim } = options;
  const parts = {
    q: recorder.tensor('q', [tokens, heads * headDim]),
    k: recorder.tensor('k', [tokens, kvHeads * headDim]),
    v: recorder.tensor('v', [tokens, kvHeads * headDim]),
  };
  record(recorder, inputs, inputs.qkv, parts, options, {});
  return parts;
}

/**
 * Queries, keys and values that one product computed side by side, taken apart; with cos, sin and positions also
 * rotary position embedding (`rope`) for q and k on the way.
 *
 * qkv [tokens, (heads + 2·kvHeads)·headDim]: the heads of q, of k, of v; cos, sin [P, headDim/2]; positions i32
 * [tokens] below P; q [tokens, heads·headDim]; k, v [tokens, kvHeads·headDim]. The gradient wants all three.
 */
export const splitHeads = operation<Inputs, Parts, SplitHeadsOptions>({
  name: 'split-heads',
  reference: splitHeadsReference,
  forward: split,
  tangent: (recorder, { inputs, options, tangents }) =>
    split(recorder, { ...inputs, qkv: tangents.qkv! }, options),
  backward(recorder, { inputs, gradients: { q, k, v }, options, needs }) {
    if (!needs.qkv || !q || !k || !v) return {};
    const qkv = recorder.tensor('dqkv', inputs.qkv.shape);
    record(recorder, inputs, qkv, { q, k, v }, options, { join: true });
    return { qkv };
  },
});

/**
 * Records the same for one new token of each sequence, whose keys and values go straight to its position in their
 * caches, as `writeCache` would put them; returns q.
 *
 * qkv and positions as above, a token a sequence; kCache, vCache [tokens, capacity, kvHeads·headDim].
 */
export function splitIntoCaches(
  recorder: Recorder,
  { kCache, vCache, ...inputs }: Inputs & { positions: Tensor; kCache: Tensor; vCache: Tensor },
  options: SplitHeadsOptions,
): Tensor {
  const tokens = tokensOf(inputs, options);
  const { heads, kvHeads, headDim } = options;
  expectShape(kCache.name, kCache.shape, [tokens, -1, kvHeads * headDim]);
  expectShape(vCache.name, vCache.shape, kCache.shape);
  const q = recorder.tensor('q', [tokens, heads * headDim]);
  const capacity = kCache.shape[1]!;
  record(recorder, inputs, inputs.qkv, { q, k: kCache, v: vCache }, options, { capacity });
  return q;
}
