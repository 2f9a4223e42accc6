import { choice, group, number, type SettingsOf } from '@attune/config';
import { type CpoLossName, cpoLosses } from '@attune/kernels';
import { referenceFreeConfig } from '../preference.config.ts';

/** The arguments of CPOTrainer; names and defaults are those of TRL's CPOConfig. */
export const cpoConfig = {
  ...referenceFreeConfig,
  ...group('Preference', {
    lossType: choice(
      'sigmoid',
      Object.keys(cpoLosses) as CpoLossName[],
      'Loss over pairs: sigmoid is CPO, simpo SimPO; alphapo is simpo without the likelihood term.',
    ),
    beta: number(
      0.1,
      'Factor β of the difference of the two log-probabilities of a pair; the τ of ipo.',
      { above: 0 },
    ),
    labelSmoothing: number(
      0,
      'Share of preference labels taken to be wrong, for the losses sigmoid, simpo and alphapo.',
      { min: 0, max: 1 },
    ),
    cpoAlpha: number(
      1,
      'Weight of the negative log-likelihood of the chosen completion; 0 for SimPO as in its paper.',
    ),
    simpoGamma: number(
      0.5,
      'Margin γ that simpo and alphapo want between the rewards of the chosen and the rejected completion.',
    ),
    alpha: number(
      0,
      'The α of AlphaPO: rewards are (1 - p^-α) / α of the probability p; at 0 they are ln p.',
    ),
  }),
};

export type CPOSettings = SettingsOf<typeof cpoConfig>;
