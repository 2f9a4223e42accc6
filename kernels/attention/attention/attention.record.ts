import {
  elementInclude,
  elementsInclude,
  type Recorder,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import inputsText from './attention.inputs.wgsl';
import maskText from './attention.mask.wgsl';
import type { AttentionOptions } from './attention.reference.ts';
import statsText from './attention.stats.wgsl';
import tangentText from './attention.tangent.wgsl';
import { chooseAttention } from './attention.variant.ts';

const statsSource = shader('attention.stats', statsText, elementsInclude);
const tangentSource = shader('attention.tangent', tangentText, {
  ...elementInclude,
  'attention.inputs.wgsl': inputsText,
  'attention.mask.wgsl': maskText,
});

type Inputs = { q: Tensor; k: Tensor; v: Tensor; bounds: Tensor };

const scaleOf = ({ scale, headDim }: AttentionOptions) => scale ?? 1 / Math.sqrt(headDim);

/** The numbers that all kernels take. */
function numbers(options: AttentionOptions) {
  const { length, heads, kvHeads, headDim, window = length } = options;
  return {
    length,
    heads,
    kvHeads,
    window: Math.min(window, length),
    causal: Number(options.causal ?? true),
    dim: headDim % 4 === 0 ? headDim / 4 : headDim,
    factor: scaleOf(options) * Math.LOG2E,
    scale: scaleOf(options),
  };
}

export function recordForward(recorder: Recorder, inputs: Inputs, options: AttentionOptions) {
  const { rows, length, heads } = options;
  const { sources, defines, constants, block } = chooseAttention(recorder.traits, options);
  const y = recorder.tensor('y', inputs.q.shape);
  const lse = recorder.tensor('lse', [rows * length, heads]);
  recorder.dispatch(sources.forward, {
    tensors: { ...inputs, y, lse },
    defines,
    constants,
    params: numbers(options),
    workgroups: [Math.ceil(length / block), heads, rows],
  });
  return { y, lse };
}

/** [rows · length, heads, 2]: lse · log2 e and delta = Σ dy · y, which both gradient kernels read. */
export function recordStats(
  recorder: Recorder,
  { y, lse, dy }: { y: Tensor; lse: Tensor; dy: Tensor },
  { rows, length, heads, headDim }: AttentionOptions,
): Tensor {
  const count = rows * length * heads;
  const stats = recorder.tensor('stats', [rows * length, heads, 2]);
  const vec4 = headDim % 4 === 0;
  recorder.dispatch(statsSource, {
    tensors: { y, dy, lse, stats },
    defines: { VEC4: vec4 },
    params: { count, dim: vec4 ? headDim / 4 : headDim },
    workgroups: Math.ceil(count / 64),
  });
  return stats;
}

/** How y moves where q, k and v move. */
export function recordTangent(
  recorder: Recorder,
  { q, k, v, bounds }: Inputs,
  tangents: { readonly [name in keyof Inputs]?: Tensor },
  options: AttentionOptions,
): Tensor {
  const { rows, length, heads, headDim } = options;
  const yTangent = recorder.tensor('y', q.shape);
  const vec4 = headDim % 4 === 0;
  recorder.dispatch(tangentSource, {
    tensors: {
      ...{ q, k, v, bounds, yTangent },
      ...(tangents.q && { qTangent: tangents.q }),
      ...(tangents.k && { kTangent: tangents.k }),
      ...(tangents.v && { vTangent: tangents.v }),
    },
    defines: {
      VEC4: vec4,
      QUERY: Boolean(tangents.q),
      KEY: Boolean(tangents.k),
      VALUE: Boolean(tangents.v),
    },
    constants: { DIM: vec4 ? headDim / 4 : headDim },
    params: numbers(options),
    workgroups: [Math.ceil(length / 32), heads, rows],
  });
  return yTangent;
}

/** dq, or dk and dv, or all three. */
export function recordGradients(
  recorder: Recorder,
  inputs: Inputs & { dy: Tensor; stats: Tensor },
  options: AttentionOptions,
  needs: { query: boolean; key: boolean },
): { dq?: Tensor; dk?: Tensor; dv?: Tensor } {
  const { rows, length, heads, kvHeads } = options;
  const { sources, defines, constants, block } = chooseAttention(recorder.traits, options);
  const params = numbers(options);
  const blocks = Math.ceil(length / block);
  const found: { dq?: Tensor; dk?: Tensor; dv?: Tensor } = {};
  if (needs.query) {
    found.dq = recorder.tensor('dq', inputs.q.shape);
    recorder.dispatch(sources.queryGradient, {
      tensors: { ...inputs, dq: found.dq },
      defines,
      constants,
      params,
      workgroups: [blocks, heads, rows],
    });
  }
  if (needs.key) {
    found.dk = recorder.tensor('dk', inputs.k.shape);
    found.dv = recorder.tensor('dv', inputs.v.shape);
    recorder.dispatch(sources.keyGradient, {
      tensors: { ...inputs, dk: found.dk, dv: found.dv },
      defines,
      constants,
      params,
      workgroups: [blocks, kvHeads, rows],
    });
  }
  return found;
}
