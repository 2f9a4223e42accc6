import {
  elementsInclude,
  expectShape,
  operation,
  type Recorder,
  segmentsInclude,
  shader,
  type Tensor,
} from '../contract/index.ts';
import spreadText from '../segment-sum/segment-sum.backward.wgsl';
import sumText from '../segment-sum/segment-sum.forward.wgsl';
import { segmentSpreadReference } from './segment-spread.reference.ts';

export { segmentSpreadReference } from './segment-spread.reference.ts';

// Spreading is the transpose of summing, and each the other's gradient: the two share their shaders.
const forwardSource = shader('segment-spread.forward', spreadText, elementsInclude);
const backwardSource = shader('segment-spread.backward', sumText, segmentsInclude);

export type SegmentSpreadInputs = {
  /** [R] f32: a number a sequence, for instance its mean log-probability. */
  readonly x: Tensor;
  /** [N] f32, without gradient: what a token takes of its sequence's number; 0 outside of all sequences. */
  readonly weights: Tensor;
  /** [R, 2] i32: where each sequence starts and ends (exclusive) among the tokens; (0, 0) is empty. */
  readonly bounds: Tensor;
};

/** Records y[i] = weights[i] · Σ x[r] over the sequences that hold token i. */
export function recordSpread(
  recorder: Recorder,
  { x, weights, bounds }: SegmentSpreadInputs,
): Tensor {
  expectShape(weights.name, weights.shape, [-1]);
  expectShape(bounds.name, bounds.shape, [x.shape[0]!, 2]);
  const [rows, count] = [x.shape[0]!, weights.shape[0]!];
  const y = recorder.tensor('y', [count]);
  recorder.dispatch(forwardSource, {
    tensors: { weights, bounds, dy: x, dx: y },
    params: { count, rows },
    workgroups: Math.ceil(count / 64),
  });
  return y;
}

/**
 * y[i] = weights[i] · x[r] for the tokens i of sequence r, f32 [N]: each token gets its sequence's number. After
 * `segmentSum` it makes ratios of whole answers, as GSPO takes them, look like those of tokens.
 */
export const segmentSpread = operation<SegmentSpreadInputs, { y: Tensor }, Record<string, never>>({
  name: 'segmentSpread',
  reference: segmentSpreadReference,
  forward: (recorder, inputs) => ({ y: recordSpread(recorder, inputs) }),
  backward(recorder, { inputs: { x, weights, bounds }, gradients: { y: dy }, needs }) {
    if (!dy || !needs.x) return {};
    const [rows, count] = [x.shape[0]!, weights.shape[0]!];
    const dx = recorder.tensor('dx', [rows]);
    recorder.dispatch(backwardSource, {
      tensors: { x: dy, weights, bounds, y: dx },
      params: { count, rows },
      workgroups: rows,
    });
    return { x: dx };
  },
});
