import { AttuneError } from '@attune/gpu';
import {
  elementInclude,
  expectShape,
  lanesOf,
  operation,
  rowsInclude,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import {
  type AttentionDecodeOptions,
  attentionDecodeReference,
} from './attention-decode.reference.ts';
import scoresText from './attention-decode.scores.wgsl';
import subgroupText from './attention-decode.subgroup.wgsl';
import valuesText from './attention-decode.values.wgsl';
import weightsText from './attention-decode.weights.wgsl';

export {
  type AttentionDecodeOptions,
  attentionDecodeReference,
} from './attention-decode.reference.ts';

const scoresSource = shader('attention-decode.scores', scoresText, elementInclude);
const subgroupSource = shader('attention-decode.subgroup', subgroupText);
const weightsSource = shader('attention-decode.weights', weightsText, rowsInclude);
const valuesSource = shader('attention-decode.values', valuesText, elementInclude);

type Inputs = { q: Tensor; kCache: Tensor; vCache: Tensor; lengths: Tensor };

/**
 * Attention of one new token a sequence over its cache of keys and values. Has no gradient.
 *
 * q and y [B, heads · headDim]; kCache, vCache [B, capacity, kvHeads · headDim]; lengths i32 [B]: keys
 * 0 … length - 1 are seen (the new token's own among them), or the last `window` of these. A length of 0
 * gives zeros.
 */
export const attentionDecode = operation<Inputs, { y: Tensor }, AttentionDecodeOptions>({
  name: 'attention-decode',
  reference: attentionDecodeReference,
  forward(recorder, { q, kCache, vCache, lengths }, options) {
    const { heads, kvHeads, headDim } = options;
    if (heads % kvHeads !== 0) {
      throw new AttuneError(
        'wrong-shape',
        `${heads} query heads cannot share ${kvHeads} heads of keys and values evenly.`,
        'Give a number of heads that kvHeads divides.',
      );
    }
    expectShape(q.name, q.shape, [-1, heads * headDim]);
    const batch = q.shape[0]!;
    expectShape(kCache.name, kCache.shape, [batch, -1, kvHeads * headDim]);
    expectShape(vCache.name, vCache.shape, kCache.shape);
    expectShape(lengths.name, lengths.shape, [batch]);
    const capacity = kCache.shape[1]!;
    const window = Math.min(options.window ?? capacity, capacity);
    const vec4 = headDim % 4 === 0;
    const dim = vec4 ? headDim / 4 : headDim;
    const y = recorder.tensor('y', q.shape);
    const factor = (options.scale ?? 1 / Math.sqrt(headDim)) * Math.LOG2E;
    const { software } = recorder.traits;
    const lanes = lanesOf(recorder.traits);
    const quads = headDim / 4 / lanes;
    if (software && [1, 2, 4].includes(quads)) {
      recorder.dispatch(subgroupSource, {
        tensors: { q, kCache, vCache, lengths, y },
        defines: { QUADS_2: quads >= 2, QUADS_4: quads === 4 },
        constants: { LANES: lanes },
        params: { heads, kvHeads, dim, capacity, window, factor },
        workgroups: [kvHeads * Math.ceil(heads / kvHeads / 4), batch, 1],
      });
      return { y };
    }
    const defines = { VEC4: vec4 };
    const scores = recorder.tensor('scores', [batch, heads, capacity]);
    const totals = recorder.tensor('totals', [batch, heads]);
    recorder.dispatch(scoresSource, {
      tensors: { q, kCache, lengths, scores },
      defines,
      params: { heads, kvHeads, dim, capacity, window, factor },
      workgroups: [Math.ceil(capacity / 32), heads, batch],
    });
    recorder.dispatch(weightsSource, {
      tensors: { lengths, scores, totals },
      defines: { COOPERATIVE: !software },
      params: { rows: batch * heads, heads, capacity, window },
      workgroups: software ? Math.ceil((batch * heads) / 64) : batch * heads,
    });
    const count = batch * heads * dim;
    recorder.dispatch(valuesSource, {
      tensors: { vCache, lengths, weights: scores, totals, y },
      defines,
      params: { count, heads, kvHeads, dim, capacity, window },
      workgroups: Math.ceil(count / 32),
    });
    return { y };
  },
});
