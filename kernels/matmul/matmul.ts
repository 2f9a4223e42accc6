import { elements, expectShape, operation, type Recorder, type Tensor } from '../contract/index.ts';
import { recordColumnSums } from './matmul.column-sums.ts';
import { recordMatmul } from './matmul.record.ts';
import { matmulReference } from './matmul.reference.ts';
import { recordLinearTangent } from './matmul.tangent.ts';

export {
  forceMatmulVariant,
  matmulVariants,
  rememberMatmulChoices,
} from './matmul.choose.ts';
export { recordColumnSums } from './matmul.column-sums.ts';
export type { MatmulVariant } from './matmul.operands.ts';
export type { Corner, MatmulChoices, MatmulOptions, MatmulTensors } from './matmul.problem.ts';
export { recordMatmul } from './matmul.record.ts';
export { matmulReference } from './matmul.reference.ts';
export { tuneMatmul } from './matmul.tune.ts';

type Inputs = { x: Tensor; weight: Tensor; bias?: Tensor; residual?: Tensor };

/** x as one matrix, or as a stack where the weight is one; the same memory. */
function fold(recorder: Recorder, x: Tensor, weight: Tensor): Tensor {
  const width = x.shape.at(-1)!;
  const rows = elements(x.shape) / width;
  if (weight.shape.length === 3) {
    expectShape(x.name, x.shape, [weight.shape[0]!, -1, width]);
    return x;
  }
  return x.shape.length === 2 ? x : recorder.view(x, [rows, width]);
}

function unfold(recorder: Recorder, y: Tensor, shape: readonly number[]): Tensor {
  return y.shape.length === shape.length ? y : recorder.view(y, shape);
}

/**
 * y = x·weight + bias + residual, or x·weightᵀ + … with `transposeWeight` (the layout of a Linear layer).
 *
 * x [..., m, k]; weight [k, n], or [n, k] with `transposeWeight`; bias [n]; residual and y [..., m, n].
 * A stack of weights [batch, k, n] takes x [batch, m, k]. The gradients of weight and bias can accumulate.
 */
export const matmul = operation<Inputs, { y: Tensor }, { transposeWeight?: boolean }>({
  name: 'matmul',
  accumulates: ['weight', 'bias'],
  reference: matmulReference,
  forward(recorder, { x, weight, bias, residual }, { transposeWeight = false }) {
    const addend = residual && fold(recorder, residual, weight);
    const operands = { a: fold(recorder, x, weight), b: weight, bias, addend };
    const y = recordMatmul(recorder, operands, { transposeB: transposeWeight });
    return { y: unfold(recorder, y, [...x.shape.slice(0, -1), y.shape.at(-1)!]) };
  },
  tangent(recorder, { inputs: { x, weight }, outputs: { y }, options, tangents }) {
    const moving = tangents.residual && fold(recorder, tangents.residual, weight);
    const folded = (t: Tensor) => fold(recorder, t, weight);
    const flat = folded(y).shape;
    const moved = recordLinearTangent(
      recorder,
      [
        tangents.x && { a: folded(tangents.x), b: weight },
        tangents.weight && { a: folded(x), b: tangents.weight },
      ],
      {
        ...(moving && { residual: moving }),
        ...(tangents.bias && { bias: tangents.bias }),
        shape: flat,
      },
      { transposeB: options.transposeWeight ?? false },
    );
    return { ...(moved && { y: unfold(recorder, moved, y.shape) }) };
  },
  sums: ['x'],
  backward(recorder, { inputs: { x, weight, bias }, gradients, options, needs, into, plus }) {
    const { transposeWeight = false } = options;
    if (!gradients.y) return {};
    const a = fold(recorder, x, weight);
    const dy = fold(recorder, gradients.y, weight);
    const rows = () => recorder.view(dy, [elements(dy.shape) / dy.shape.at(-1)!, dy.shape.at(-1)!]);
    const accumulated = into.weight && { into: into.weight };
    return {
      ...(needs.x && {
        x: unfold(
          recorder,
          recordMatmul(
            recorder,
            { a: dy, b: weight, addend: plus?.x && fold(recorder, plus.x, weight) },
            { transposeB: !transposeWeight },
          ),
          x.shape,
        ),
      }),
      ...(needs.residual && { residual: gradients.y }),
      ...(needs.weight && {
        weight: transposeWeight
          ? recordMatmul(recorder, { a: dy, b: a, ...accumulated }, { transposeA: true })
          : recordMatmul(recorder, { a, b: dy, ...accumulated }, { transposeA: true }),
      }),
      ...(needs.bias &&
        bias && {
          bias: recordColumnSums(recorder, dy.shape.length === 2 ? dy : rows(), into.bias),
        }),
    };
  },
});
