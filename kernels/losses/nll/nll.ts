import { operation, type Tensor } from '../../contract/index.ts';
import {
  type LossOutputs,
  recordTokenLoss,
  recordTokenLossGradient,
  tokenLossShader,
} from '../token-loss/token-loss.ts';
import forwardText from './nll.forward.wgsl';
import { nllReference } from './nll.reference.ts';

export { nllReference } from './nll.reference.ts';

const source = tokenLossShader('nll.forward', forwardText);

export type NllInputs = {
  /** [N] f32: log-probabilities of the target tokens. */
  readonly logps: Tensor;
  /** [N] f32: 1 for a trained token, 0 for one left out, or any weight. */
  readonly weights: Tensor;
  /** [1] f32: for instance 1 / (trained tokens of the whole step), so that accumulation changes nothing. */
  readonly scale: Tensor;
};

/** Σ weights, and the sum of -weights · logps. */
export const nllMetricNames = ['weights', 'nll'] as const;

/** Next-token loss: -scale · Σ weights · logps. TRL's `nll` and `chunked_nll`. */
export const nll = operation<NllInputs, LossOutputs, Record<string, never>>({
  name: 'nll',
  reference: nllReference,
  forward: (recorder, { logps, weights, scale }) =>
    recordTokenLoss(recorder, {
      source,
      inputs: { logps, weights },
      scale,
      columns: 2,
      metrics: nllMetricNames.length,
      loss: 1,
    }),
  backward: (recorder, { outputs, gradients }) => ({
    logps: recordTokenLossGradient(recorder, outputs, gradients.loss),
  }),
});
