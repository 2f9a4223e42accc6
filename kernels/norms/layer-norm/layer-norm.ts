import {
  elementsInclude,
  expectShape,
  operation,
  type Recorder,
  rowsInclude,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import { recordColumnSums } from '../../matmul/matmul.column-sums.ts';
import backwardText from './layer-norm.backward.wgsl';
import forwardText from './layer-norm.forward.wgsl';
import { type LayerNormOptions, layerNormReference } from './layer-norm.reference.ts';
import tangentText from './layer-norm.tangent.wgsl';
import weightText from './layer-norm.weight.wgsl';

export { type LayerNormOptions, layerNormReference } from './layer-norm.reference.ts';

const forwardSource = shader('layer-norm.forward', forwardText, rowsInclude);
const backwardSource = shader('layer-norm.backward', backwardText, rowsInclude);
const tangentSource = shader('layer-norm.tangent', tangentText, rowsInclude);
const weightSource = shader('layer-norm.weight', weightText, elementsInclude);

type Inputs = { x: Tensor; weight: Tensor; bias?: Tensor };

function grid({ traits }: Recorder, rows: number) {
  return {
    COOPERATIVE: !traits.software,
    workgroups: traits.software ? Math.ceil(rows / 64) : rows,
  };
}

/**
 * y = (x - mean) / √(variance + eps) · weight + bias, row by row.
 *
 * x and y [tokens, H]; weight and bias [H]; mean and rstd [tokens] are kept for the gradient. The gradients
 * of weight and bias can accumulate and are summed in a fixed order.
 * @see Ba, Kiros and Hinton 2016, Layer Normalization
 */
export const layerNorm = operation<
  Inputs,
  { y: Tensor; mean: Tensor; rstd: Tensor },
  LayerNormOptions
>({
  name: 'layer-norm',
  accumulates: ['weight', 'bias'],
  reference: layerNormReference,
  forward(recorder, { x, weight, bias }, { eps }) {
    expectShape(x.name, x.shape, [-1, -1]);
    const [rows, width] = x.shape as [number, number];
    expectShape(weight.name, weight.shape, [width]);
    if (bias) expectShape(bias.name, bias.shape, [width]);
    const y = recorder.tensor('y', x.shape);
    const mean = recorder.tensor('mean', [rows]);
    const rstd = recorder.tensor('rstd', [rows]);
    const { COOPERATIVE, workgroups } = grid(recorder, rows);
    recorder.dispatch(forwardSource, {
      tensors: { x, weight, y, mean, rstd, ...(bias && { bias }) },
      defines: { COOPERATIVE, BIAS: Boolean(bias) },
      params: { rows, width, eps },
      workgroups,
    });
    return { y, mean, rstd };
  },
  tangent(recorder, { inputs: { x, weight }, outputs: { mean, rstd }, tangents }) {
    const [rows, width] = x.shape as [number, number];
    const yTangent = recorder.tensor('y', x.shape);
    const { COOPERATIVE, workgroups } = grid(recorder, rows);
    recorder.dispatch(tangentSource, {
      tensors: {
        x,
        mean,
        rstd,
        yTangent,
        ...(tangents.x && { weight, xTangent: tangents.x }),
        ...(tangents.weight && { weightTangent: tangents.weight }),
        ...(tangents.bias && { biasTangent: tangents.bias }),
      },
      params: { rows, width },
      defines: {
        COOPERATIVE,
        INPUT: Boolean(tangents.x),
        WEIGHT: Boolean(tangents.weight),
        BIAS: Boolean(tangents.bias),
      },
      workgroups,
    });
    return { y: yTangent };
  },
  backward(recorder, { inputs: { x, weight, bias }, outputs, gradients, needs, into }) {
    const { y: dy } = gradients;
    if (!dy) return {};
    const { mean, rstd } = outputs;
    const [rows, width] = x.shape as [number, number];
    const found: { x?: Tensor; weight?: Tensor; bias?: Tensor } = {};
    if (needs.x) {
      found.x = recorder.tensor('dx', x.shape);
      const { COOPERATIVE, workgroups } = grid(recorder, rows);
      recorder.dispatch(backwardSource, {
        tensors: { x, weight, mean, rstd, dy, dx: found.x },
        defines: { COOPERATIVE },
        params: { rows, width },
        workgroups,
      });
    }
    const needsBias = needs.bias && bias;
    if (needs.weight || needsBias) {
      const chunks = Math.ceil(rows / 32);
      const weightParts = recorder.tensor('parts of dWeight', [chunks, width]);
      const biasParts = recorder.tensor('parts of dBias', [chunks, width]);
      recorder.dispatch(weightSource, {
        tensors: { x, mean, rstd, dy, weightParts, biasParts },
        params: { rows, width, count: chunks * width },
        workgroups: Math.ceil((chunks * width) / 64),
      });
      if (needs.weight) found.weight = recordColumnSums(recorder, weightParts, into.weight);
      if (needsBias) found.bias = recordColumnSums(recorder, biasParts, into.bias);
    }
    return found;
  },
});
