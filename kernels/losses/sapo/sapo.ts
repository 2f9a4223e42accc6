import { AttuneError } from '@attune/gpu';
import { operation } from '../../contract/index.ts';
import type { PpoClipInputs } from '../ppo-clip/ppo-clip.ts';
import {
  type LossOutputs,
  recordTokenLoss,
  recordTokenLossGradient,
  tokenLossShader,
} from '../token-loss/token-loss.ts';
import forwardText from './sapo.forward.wgsl';
import { type SapoOptions, sapoReference } from './sapo.reference.ts';

export { type SapoOptions, sapoReference } from './sapo.reference.ts';

const source = tokenLossShader('sapo.forward', forwardText);

/** Sums over tokens, each times mask; `gate`: 4 σ (1 - σ), the share of the slope that is left. */
export const sapoMetricNames = ['mask', 'gate', 'ratio'] as const;

/**
 * Soft adaptive policy optimisation: scale · Σ -(4 / τ) σ(τ (ρ - 1)) A · mask with ρ = e^(logps - oldLogps), a smooth
 * gate in place of the clip. TRL's `sapo`.
 * @see Gao et al. 2025, https://arxiv.org/abs/2511.20347
 * @throws AttuneError `bad-value` unless both temperatures are positive
 */
export const sapo = operation<PpoClipInputs, LossOutputs, SapoOptions>({
  name: 'sapo',
  reference: sapoReference,
  forward(recorder, { scale, ...inputs }, { temperaturePos = 1, temperatureNeg = 1.05 }) {
    if (!(temperaturePos > 0 && temperatureNeg > 0)) {
      throw new AttuneError(
        'bad-value',
        `SAPO was given the temperatures ${temperaturePos} and ${temperatureNeg}.`,
        'Give two positive numbers; 1 and 1.05 are usual.',
      );
    }
    return recordTokenLoss(recorder, {
      source,
      inputs,
      scale,
      columns: 4,
      metrics: sapoMetricNames.length,
      loss: 3,
      params: { positive: temperaturePos, negative: temperatureNeg },
    });
  },
  backward: (recorder, { outputs, gradients }) => ({
    logps: recordTokenLossGradient(recorder, outputs, gradients.loss),
  }),
});
