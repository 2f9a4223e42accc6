import { operation } from '../../contract/index.ts';
import { type NllInputs, nllMetricNames } from '../nll/nll.ts';
import {
  type LossOutputs,
  recordTokenLoss,
  recordTokenLossGradient,
  tokenLossShader,
} from '../token-loss/token-loss.ts';
import forwardText from './dft.forward.wgsl';
import { dftReference } from './dft.reference.ts';

export { dftReference } from './dft.reference.ts';

const source = tokenLossShader('dft.forward', forwardText);

/** The same sums as those of `nll`, so that runs with either loss can be compared. */
export const dftMetricNames = nllMetricNames;

/**
 * Dynamic fine-tuning: -scale · Σ weights · p · logps, where p = e^logps has no gradient. TRL's `dft`.
 * @see Wu et al. 2025, On the Generalization of SFT
 */
export const dft = operation<NllInputs, LossOutputs, Record<string, never>>({
  name: 'dft',
  reference: dftReference,
  forward: (recorder, { logps, weights, scale }) =>
    recordTokenLoss(recorder, {
      source,
      inputs: { logps, weights },
      scale,
      columns: 3,
      metrics: dftMetricNames.length,
      loss: 2,
    }),
  backward: (recorder, { outputs, gradients }) => ({
    logps: recordTokenLossGradient(recorder, outputs, gradients.loss),
  }),
});
