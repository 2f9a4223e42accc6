import {
  expectShape,
  finiteInclude,
  operation,
  segmentsInclude,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import forwardText from './wpo-weights.forward.wgsl';
import { wpoWeightsReference } from './wpo-weights.reference.ts';

export { wpoWeightsReference } from './wpo-weights.reference.ts';

const forwardSource = shader('wpo-weights.forward', forwardText, {
  ...segmentsInclude,
  ...finiteInclude,
});

export type WpoWeightsInputs = {
  /** [N] f32: log-probabilities of the tokens. */
  readonly logps: Tensor;
  /** [N] f32: log Σ p² over the vocabulary, from `tokenLogps` with `logSumSquares`. */
  readonly logSumSquares: Tensor;
  /** [R, 2] i32: where each answer starts and ends (exclusive) among the tokens; (0, 0) is empty and weighs 1. */
  readonly bounds: Tensor;
};

/**
 * WPO's weight of each answer, f32 [R]: how likely the policy finds it, against what it finds likely anyway;
 * the geometric mean over tokens of p / Σ p². Without gradient.
 * @see Zhou et al. 2024, https://arxiv.org/abs/2406.11827, equation 2
 */
export const wpoWeights = operation<WpoWeightsInputs, { weights: Tensor }, Record<string, never>>({
  name: 'wpoWeights',
  reference: wpoWeightsReference,
  forward(recorder, { logps, logSumSquares, bounds }) {
    expectShape(logps.name, logps.shape, [-1]);
    expectShape(logSumSquares.name, logSumSquares.shape, logps.shape);
    expectShape(bounds.name, bounds.shape, [-1, 2]);
    const rows = bounds.shape[0]!;
    const weights = recorder.tensor('weights', [rows]);
    recorder.dispatch(forwardSource, {
      tensors: { logps, logSumSquares, bounds, weights },
      params: { count: logps.shape[0]!, rows },
      workgroups: rows,
    });
    return { weights };
  },
});
