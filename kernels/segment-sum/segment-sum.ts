import {
  elementsInclude,
  expectShape,
  operation,
  segmentsInclude,
  shader,
  type Tensor,
} from '../contract/index.ts';
import backwardText from './segment-sum.backward.wgsl';
import forwardText from './segment-sum.forward.wgsl';
import { segmentSumReference } from './segment-sum.reference.ts';

export { segmentSumReference } from './segment-sum.reference.ts';

const forwardSource = shader('segment-sum.forward', forwardText, segmentsInclude);
const backwardSource = shader('segment-sum.backward', backwardText, elementsInclude);

export type SegmentSumInputs = {
  /** [N] f32: a number a token, for instance log-probabilities. */
  readonly x: Tensor;
  /** [N] f32, without gradient: 1 for sums, 1 / length for averages; a token of weight 0 may hold anything. */
  readonly weights: Tensor;
  /** [R, 2] i32: where each sequence starts and ends (exclusive) among the tokens; (0, 0) is empty. */
  readonly bounds: Tensor;
};

/**
 * y[r] = Σ weights · x over the tokens of sequence r, f32 [R]: the log-probability of an answer from those of
 * its tokens. Sequences may leave tokens out; the order of addition is fixed.
 */
export const segmentSum = operation<SegmentSumInputs, { y: Tensor }, Record<string, never>>({
  name: 'segmentSum',
  reference: segmentSumReference,
  forward(recorder, { x, weights, bounds }) {
    expectShape(x.name, x.shape, [-1]);
    expectShape(weights.name, weights.shape, x.shape);
    expectShape(bounds.name, bounds.shape, [-1, 2]);
    const [count, rows] = [x.shape[0]!, bounds.shape[0]!];
    const y = recorder.tensor('y', [rows]);
    recorder.dispatch(forwardSource, {
      tensors: { x, weights, bounds, y },
      params: { count, rows },
      workgroups: rows,
    });
    return { y };
  },
  backward(recorder, { inputs: { x, weights, bounds }, gradients: { y: dy }, needs }) {
    if (!dy || !needs.x) return {};
    const [count, rows] = [x.shape[0]!, bounds.shape[0]!];
    const dx = recorder.tensor('dx', x.shape);
    recorder.dispatch(backwardSource, {
      tensors: { weights, bounds, dy, dx },
      params: { count, rows },
      workgroups: Math.ceil(count / 64),
    });
    return { x: dx };
  },
});
