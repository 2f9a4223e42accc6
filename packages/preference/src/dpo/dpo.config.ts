import { choice, flag, group, list, number, numbers, type SettingsOf } from '@attune/config';
import { AttuneError } from '@attune/gpu';
import { type DpoLossName, dpoLosses } from '@attune/kernels';
import { checkReference, referenceConfig } from '@attune/trainer';
import { klCoefficient, preferenceConfig } from '../preference.config.ts';

const lossNames = Object.keys(dpoLosses) as DpoLossName[];

/** The arguments of DPOTrainer; names and defaults are those of TRL's DPOConfig. */
export const dpoConfig = {
  ...preferenceConfig,
  ...group('Preference', {
    lossType: list(
      ['sigmoid'],
      'Loss over pairs, or several that are added up: sigmoid is DPO, ipo IPO.',
      { choices: lossNames },
    ),
    lossWeights: numbers(null, 'Weight of each loss of loss_type in their sum (null: 1 each).'),
    beta: klCoefficient,
    labelSmoothing: number(
      0,
      'Share of preference labels taken to be wrong, for the losses robust, exo_pair, aot and aot_unpaired.',
      { min: 0, max: 1 },
    ),
    fDivergenceType: choice(
      'reverse_kl',
      ['reverse_kl', 'forward_kl', 'js_divergence', 'alpha_divergence'],
      'f-divergence between policy and reference model that regularises the policy (f-DPO).',
    ),
    fAlphaDivergenceCoef: number(0.5, 'The α of f_divergence_type alpha_divergence.'),
    discopopTau: number(0.05, 'Temperature τ of the loss discopop.', { above: 0, max: 1 }),
    ldAlpha: number(
      null,
      'Weight of the tokens of a completion beyond the length of the shorter one of its pair (LD-DPO; null: 1).',
      { min: 0, max: 1 },
    ),
    useWeighting: flag(
      false,
      'Weighs each pair by how probable its completions are under the policy (WPO).',
      { memory: true },
    ),
  }),
  ...referenceConfig,
};

export type DPOSettings = SettingsOf<typeof dpoConfig>;

/** The losses of a difference of two scores: an f-divergence changes the scores. TRL counts sft among them. */
export const fDivergenceLosses: readonly DpoLossName[] = [
  'sigmoid',
  'sigmoid_norm',
  'hinge',
  'ipo',
  'exo_pair',
  'robust',
  'discopop',
  'sft',
];

/** @throws AttuneError `bad-value` where keys contradict each other */
export function checkDpo(args: DPOSettings): void {
  const { lossType, lossWeights, fDivergenceType } = args;
  const wrong = (message: string, remedy: string) => new AttuneError('bad-value', message, remedy);
  checkReference(args);
  if (lossType.length === 0) {
    throw wrong('loss_type is an empty list.', `Name one or several of ${lossNames.join(', ')}.`);
  }
  if (lossWeights && lossWeights.length !== lossType.length) {
    throw wrong(
      `loss_type names ${lossType.length} losses, and there are ${lossWeights.length} loss_weights.`,
      'Give a weight for each loss.',
    );
  }
  const unfit = lossType.find((name) => !fDivergenceLosses.includes(name));
  if (fDivergenceType !== 'reverse_kl' && unfit !== undefined) {
    throw wrong(
      `The loss ${unfit} has no f-divergence, and f_divergence_type is ${fDivergenceType}.`,
      `Use ${fDivergenceLosses.join(', ')}, or leave f_divergence_type out.`,
    );
  }
}
