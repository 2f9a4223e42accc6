import {
  expectShape,
  operation,
  type Recorder,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import { recordColumnSums } from '../../matmul/record.ts';
import backwardText from './rms-norm.backward.wgsl';
import forwardText from './rms-norm.forward.wgsl';
import { type RmsNormOptions, rmsNormReference } from './rms-norm.reference.ts';
import weightText from './rms-norm.weight.wgsl';

export { type RmsNormOptions, rmsNormReference } from './rms-norm.reference.ts';

const forwardSource = shader('rms-norm.forward', forwardText);
const backwardSource = shader('rms-norm.backward', backwardText);
const weightSource = shader('rms-norm.weight', weightText);

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
 * x and y [tokens, H]; weight [H]; rstd [tokens] is kept for the gradient. The weight's gradient can
 * accumulate and is summed in a fixed order.
 * @see Zhang and Sennrich 2019, Root Mean Square Layer Normalization
 */
export const rmsNorm = operation<
  { x: Tensor; weight: Tensor },
  { y: Tensor; rstd: Tensor },
  RmsNormOptions
>({
  name: 'rms-norm',
  accumulates: ['weight'],
  reference: rmsNormReference,
  forward(recorder, { x, weight }, { eps, offset = 0 }) {
    expectShape(x.name, x.shape, [-1, -1]);
    const [rows, width] = x.shape as [number, number];
    expectShape(weight.name, weight.shape, [width]);
    const y = recorder.tensor('y', x.shape);
    const rstd = recorder.tensor('rstd', [rows]);
    recorder.dispatch(forwardSource, {
      tensors: { x, weight, y, rstd },
      params: { ...size(rows, width), eps, offset },
      ...grid(recorder, rows, width),
    });
    return { y, rstd };
  },
  backward(recorder, { inputs: { x, weight }, outputs, gradients, options, needs, into }) {
    const { y: dy } = gradients;
    if (!dy) return {};
    const { rstd } = outputs;
    const [rows, width] = x.shape as [number, number];
    const found: { x?: Tensor; weight?: Tensor } = {};
    if (needs.x) {
      found.x = recorder.tensor('dx', x.shape);
      recorder.dispatch(backwardSource, {
        tensors: { x, weight, rstd, dy, dx: found.x },
        params: { ...size(rows, width), offset: options.offset ?? 0 },
        ...grid(recorder, rows, width),
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
