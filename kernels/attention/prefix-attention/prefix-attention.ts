import { AttuneError } from '@attune/gpu';
import {
  elementInclude,
  elements,
  elementsInclude,
  expectShape,
  operation,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import { recordGradients, recordStats } from '../attention/attention.record.ts';
import { attention } from '../attention/attention.ts';
import collectText from './prefix-attention.collect.wgsl';
import forwardText from './prefix-attention.forward.wgsl';
import prefixGradientText from './prefix-attention.prefix-gradient.wgsl';
import queryGradientText from './prefix-attention.query-gradient.wgsl';
import {
  type PrefixAttentionOptions,
  prefixAttentionReference,
} from './prefix-attention.reference.ts';

export {
  type PrefixAttentionOptions,
  prefixAttentionReference,
} from './prefix-attention.reference.ts';

const forwardSource = shader('prefix-attention.forward', forwardText, elementsInclude);
const queryGradientSource = shader(
  'prefix-attention.query-gradient',
  queryGradientText,
  elementsInclude,
);
const prefixGradientSource = shader(
  'prefix-attention.prefix-gradient',
  prefixGradientText,
  elementInclude,
);
const collectSource = shader('prefix-attention.collect', collectText, elementsInclude);

/** Tokens whose part of the prefix's gradient one workgroup sums. */
const chunk = 64;

type Inputs = { q: Tensor; k: Tensor; v: Tensor; bounds: Tensor; prefix?: Tensor };

function checkShapes({ k, bounds, prefix }: Inputs, options: PrefixAttentionOptions): void {
  const { rows, length, kvHeads, headDim, virtual, column = 0 } = options;
  const width = kvHeads * headDim;
  if (!Number.isInteger(virtual) || virtual < 1 || (!prefix && (rows !== 1 || virtual > length))) {
    throw new AttuneError(
      'wrong-shape',
      `${virtual} virtual tokens do not fit ${rows} rows of ${length} tokens.`,
      'Give their keys and values as prefix, or as the last tokens of the only row.',
    );
  }
  expectShape(bounds.name, bounds.shape, [rows * length, 2]);
  if (!prefix) {
    expectShape(k.name, k.shape, [length, width]);
    return;
  }
  expectShape(prefix.name, prefix.shape, [virtual, -1]);
  if (column % headDim === 0 && column + 2 * width <= prefix.shape[1]!) return;
  throw new AttuneError(
    'wrong-shape',
    `${prefix.name} [${prefix.shape}] has no ${2 * width} columns of keys and values from ${column} on.`,
    "Give the column where a layer's keys begin.",
  );
}

/** What the kernels take: the tensors that hold the virtual tokens' keys and values, and where. */
function place({ q, k, v, bounds, prefix }: Inputs, options: PrefixAttentionOptions) {
  const { rows, length, heads, kvHeads, headDim, virtual, column = 0 } = options;
  const vec4 = headDim % 4 === 0;
  const unit = vec4 ? 4 : 1;
  const width = kvHeads * headDim;
  const stride = prefix ? prefix.shape[1]! : width;
  const first = prefix ? column : (length - virtual) * width;
  return {
    vec4,
    width,
    stride,
    first,
    tensors: { q, prefixK: prefix ?? k, prefixV: prefix ?? v, bounds },
    constants: { DIM: headDim / unit },
    params: {
      count: rows * length * heads,
      length,
      heads,
      kvHeads,
      before: virtual,
      window: Math.min(options.window ?? length + virtual, length + virtual),
      own: prefix ? -1 : length - virtual,
      keyAt: first / unit,
      valueAt: (prefix ? first + width : first) / unit,
      stride: stride / unit,
      dim: headDim / unit,
      factor: (options.scale ?? 1 / Math.sqrt(headDim)) * Math.LOG2E,
    },
  };
}

/**
 * Attention whose every document has the same virtual tokens before it: keys and values that belong to no text.
 * For the rest as `attention`, always causal: a document's tokens stand at positions from `virtual` on, which a
 * `window` counts too.
 *
 * With `prefix` [virtual, C] keys and values of a virtual token are columns of its row: from `column` on kvHeads ·
 * headDim keys, then as many values (Prefix Tuning: PEFT's layout, K and V layer by layer). Without, the virtual
 * tokens are the last `virtual` tokens of the only row, a document of their own, and their keys and values the
 * last rows of k and v (prompt tuning: they run through the model once, whatever the number of documents).
 * @see Li and Liang 2021, https://arxiv.org/abs/2101.00190
 */
export const prefixAttention = operation<
  Inputs,
  { y: Tensor; lse: Tensor },
  PrefixAttentionOptions
>({
  name: 'prefixAttention',
  accumulates: ['prefix'],
  sums: ['prefix'],
  reference: prefixAttentionReference,
  forward(recorder, inputs, options) {
    checkShapes(inputs, options);
    const { virtual: _, column: __, ...plain } = options;
    const { q, k, v, bounds } = inputs;
    const { y, lse } = attention.forward(recorder, { q, k, v, bounds }, plain);
    const { vec4, tensors, constants, params } = place(inputs, options);
    recorder.dispatch(forwardSource, {
      tensors: { ...tensors, y, lse },
      defines: { VEC4: vec4 },
      constants,
      params,
      workgroups: Math.ceil(params.count / 64),
    });
    return { y, lse };
  },
  backward(recorder, { inputs, outputs, gradients: { y: dy }, options, needs, into, plus }) {
    const own = Boolean(needs.k || needs.v);
    if (!dy || !(needs.q || own || needs.prefix)) return {};
    const { virtual, column: _, ...plain } = options;
    const { q, k, v, bounds, prefix } = inputs;
    // With the softmax's sum over all, attention's own gradients are right for what is not virtual.
    const stats = recordStats(recorder, { ...outputs, dy }, plain);
    const found = recordGradients(recorder, { q, k, v, bounds, dy, stats }, plain, {
      query: Boolean(needs.q),
      key: own,
    });
    const at = place(inputs, options);
    const { vec4, constants, width, stride, first } = at;
    const tensors = { ...at.tensors, dy, stats };
    const params = { ...at.params, scale: options.scale ?? 1 / Math.sqrt(options.headDim) };
    if (needs.q) {
      recorder.dispatch(queryGradientSource, {
        tensors: { ...tensors, dq: found.dq! },
        defines: { VEC4: vec4 },
        constants,
        params,
        workgroups: Math.ceil(params.count / 64),
      });
    }
    const results = {
      ...(needs.q && { q: found.dq! }),
      ...(needs.k && { k: found.dk! }),
      ...(needs.v && { v: found.dv! }),
    };
    if (prefix ? !needs.prefix : !own) return results;
    const chunks = Math.ceil((options.rows * options.length) / chunk);
    const parts = recorder.tensor('parts', [chunks, virtual, 2 * width]);
    recorder.dispatch(prefixGradientSource, {
      tensors: { ...tensors, parts },
      defines: { VEC4: vec4 },
      constants,
      params,
      workgroups: [chunks, options.kvHeads, Math.ceil(virtual / 32)],
    });
    const collect = (dx: Tensor, start: number, columns: number, more?: { plus?: Tensor }) => {
      const count = more ? elements(dx.shape) : virtual * columns;
      recorder.dispatch(collectSource, {
        tensors: { parts, dx, ...(more?.plus && { plus: more.plus }) },
        defines: { WHOLE: Boolean(more), PLUS: Boolean(more?.plus) },
        params: {
          count,
          chunks,
          rows: virtual,
          line: 2 * width,
          start,
          width: columns,
          at: first,
          stride,
        },
        workgroups: Math.ceil(count / 64),
      });
    };
    if (!prefix) {
      collect(found.dk!, 0, width);
      collect(found.dv!, width, width);
      return results;
    }
    const target = into.prefix;
    const dPrefix = target ?? recorder.tensor('dPrefix', prefix.shape);
    const more = { ...(plus?.prefix && { plus: plus.prefix }) };
    collect(dPrefix, 0, 2 * width, target ? undefined : more);
    return { ...results, prefix: dPrefix };
  },
});
