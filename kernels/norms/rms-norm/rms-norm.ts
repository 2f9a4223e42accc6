import {
  elementInclude,
  elementsInclude,
  expectShape,
  operation,
  type Recorder,
  rowsInclude,
  shader,
  type Tensor,
  totalsInclude,
} from '../../contract/index.ts';
import { recordColumnSums } from '../../matmul/matmul.column-sums.ts';
import { recordMatmul } from '../../matmul/matmul.record.ts';
import backwardText from './rms-norm.backward.wgsl';
import forwardText from './rms-norm.forward.wgsl';
import lowText from './rms-norm.low.wgsl';
import { type RmsNormOptions, rmsNormReference } from './rms-norm.reference.ts';
import tangentText from './rms-norm.tangent.wgsl';
import weightText from './rms-norm.weight.wgsl';

export { type RmsNormOptions, rmsNormReference } from './rms-norm.reference.ts';

const forwardSource = shader('rms-norm.forward', forwardText, {
  ...elementInclude,
  ...rowsInclude,
});
const backwardSource = shader('rms-norm.backward', backwardText, {
  ...elementInclude,
  ...rowsInclude,
});
const lowSource = shader('rms-norm.low', lowText, totalsInclude);
const tangentSource = shader('rms-norm.tangent', tangentText, {
  ...elementInclude,
  ...rowsInclude,
});
const weightSource = shader('rms-norm.weight', weightText, elementsInclude);

function grid({ traits }: Recorder, rows: number, width: number) {
  return {
    defines: { COOPERATIVE: !traits.software, VEC4: width % 4 === 0 },
    workgroups: traits.software ? Math.ceil(rows / 64) : rows,
  };
}

/** Rows, their elements (of four numbers where possible) and their columns. */
function size(rows: number, columns: number) {
  return { rows, width: columns % 4 === 0 ? columns / 4 : columns, columns };
}

/**
 * y = x / √(mean of x² + eps) · (offset + weight), row by row.
 *
 * x and y [tokens, H]; weight [H]; rstd [tokens] is kept for the gradient. With `a` [rank, H] there is also
 * down = scale · y·aᵀ [tokens, rank], made in the same pass: LoRA's first product. Its gradient is the business of
 * who uses it (`lora`); from here only y's flows back. The weight's gradient can accumulate and is summed in a
 * fixed order.
 * @see Zhang and Sennrich 2019, Root Mean Square Layer Normalization
 */
export const rmsNorm = operation<
  { x: Tensor; weight: Tensor; a?: Tensor },
  { y: Tensor; rstd: Tensor; down?: Tensor },
  RmsNormOptions
>({
  name: 'rms-norm',
  accumulates: ['weight'],
  sums: ['x'],
  byProducts: ['a'],
  reference: rmsNormReference,
  forward(recorder, { x, weight, a }, { eps, offset = 0, scale = 1 }) {
    expectShape(x.name, x.shape, [-1, -1]);
    const [rows, width] = x.shape as [number, number];
    expectShape(weight.name, weight.shape, [width]);
    const y = recorder.tensor('y', x.shape);
    const rstd = recorder.tensor('rstd', [rows]);
    if (a && width % 4 === 0) {
      expectShape(a.name, a.shape, [-1, width]);
      const rank = a.shape[0]!;
      const down = recorder.tensor('down', [rows, rank]);
      const { software } = recorder.traits;
      recorder.dispatch(lowSource, {
        tensors: { x, weight, a, y, rstd, down },
        params: { ...size(rows, width), eps, offset, rank, scale },
        defines: { COOPERATIVE: !software },
        constants: { SIZE: software ? 8 : 64 },
        workgroups: software ? Math.ceil(rows / 32) : rows,
      });
      return { y, rstd, down };
    }
    recorder.dispatch(forwardSource, {
      tensors: { x, weight, y, rstd },
      params: { ...size(rows, width), eps, offset },
      ...grid(recorder, rows, width),
    });
    const down = a && recordMatmul(recorder, { a: y, b: a }, { transposeB: true, scale });
    return { y, rstd, ...(down && { down }) };
  },
  tangent(recorder, { inputs: { x, weight }, outputs: { rstd }, options, tangents }) {
    const [rows, width] = x.shape as [number, number];
    const yTangent = recorder.tensor('y', x.shape);
    const { defines, workgroups } = grid(recorder, rows, width);
    recorder.dispatch(tangentSource, {
      tensors: {
        x,
        rstd,
        yTangent,
        ...(tangents.x && { weight, xTangent: tangents.x }),
        ...(tangents.weight && { weightTangent: tangents.weight }),
      },
      params: { ...size(rows, width), offset: options.offset ?? 0 },
      defines: { ...defines, INPUT: Boolean(tangents.x), WEIGHT: Boolean(tangents.weight) },
      workgroups,
    });
    return { y: yTangent };
  },
  backward(recorder, { inputs: { x, weight }, outputs, gradients, options, needs, into, plus }) {
    const { y: dy } = gradients;
    if (!dy) return {};
    const { rstd } = outputs;
    const [rows, width] = x.shape as [number, number];
    const found: { x?: Tensor; weight?: Tensor } = {};
    if (needs.x) {
      found.x = recorder.tensor('dx', x.shape);
      const { defines, workgroups } = grid(recorder, rows, width);
      recorder.dispatch(backwardSource, {
        tensors: { x, weight, rstd, dy, dx: found.x, ...(plus?.x && { plus: plus.x }) },
        params: { ...size(rows, width), offset: options.offset ?? 0 },
        workgroups,
        defines: { ...defines, PLUS: Boolean(plus?.x) },
      });
    }
    if (needs.weight) {
      const chunks = Math.ceil(rows / 32);
      const parts = recorder.tensor('parts of dWeight', [chunks, width]);
      recorder.dispatch(weightSource, {
        tensors: { x, rstd, dy, parts },
        params: { rows, width, count: chunks * width },
        workgroups: Math.ceil((chunks * width) / 64),
      });
      found.weight = recordColumnSums(recorder, parts, into.weight);
    }
    return found;
  },
});
