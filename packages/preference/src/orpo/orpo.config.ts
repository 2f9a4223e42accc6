import { group, number, type SettingsOf } from '@attune/config';
import { referenceFreeConfig } from '../preference.config.ts';

/** The arguments of ORPOTrainer; names and defaults are those of TRL's ORPOConfig. */
export const orpoConfig = {
  ...referenceFreeConfig,
  ...group('Preference', {
    beta: number(
      0.1,
      'Weight of the odds ratio beside the negative log-likelihood of the chosen completion (λ in the paper).',
      { above: 0 },
    ),
  }),
};

export type ORPOSettings = SettingsOf<typeof orpoConfig>;
