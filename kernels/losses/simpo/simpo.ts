import { pairLoss, pairLossShader, smoothingBelowHalf } from '../pair-loss/pair-loss.ts';
import text from './simpo.forward.wgsl';
import { simpoReference as reference, type SimpoOptions } from './simpo.reference.ts';

export { type SimpoOptions, simpoReference } from './simpo.reference.ts';

/**
 * SimPO: averaged log-probabilities as rewards, without `refLogps`; AlphaPO with `alpha`. TRL's `simpo` and
 * `alphapo` of CPOTrainer.
 * @see Meng et al. 2024, https://arxiv.org/abs/2405.14734; Gupta et al. 2025, https://arxiv.org/abs/2501.03884
 * @throws AttuneError `bad-value` unless 0 <= labelSmoothing < 0.5
 */
export const simpo = pairLoss<SimpoOptions>({
  name: 'simpo',
  source: pairLossShader('simpo.forward', text),
  reference,
  params: ({ simpoGamma = 0.5, ...options }) => ({
    smoothing: smoothingBelowHalf('simpo', options),
    gamma: simpoGamma,
  }),
});
