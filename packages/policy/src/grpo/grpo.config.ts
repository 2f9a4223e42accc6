import { choice, flag, group, number, type SettingsOf } from '@attune/config';
import { AttuneError } from '@attune/gpu';
import { checkPolicy, policyConfig } from '../policy.config.ts';

/** Names of GRPO's losses; most differ in what they average over, or in how they clip ratios. */
export const grpoLossNames = [
  'grpo',
  'bnpo',
  'dr_grpo',
  'dapo',
  'cispo',
  'sapo',
  'luspo',
  'vespo',
] as const;

/** The arguments of GRPOTrainer; names and defaults are those of TRL's GRPOConfig. */
export const grpoConfig = {
  ...policyConfig,
  ...group('GRPO', {
    lossType: choice(
      'dapo',
      grpoLossNames,
      'Loss of the policy: what it averages over, and how it clips probability ratios.',
    ),
    delta: number(null, 'Upper bound of the ratios of tokens with a negative advantage.', {
      min: 0,
    }),
    scaleRewards: choice(
      'group',
      ['group', 'batch', 'none', 'true', 'false'],
      'Standard deviation that advantages are divided by: of the group, of the generation batch, or none.',
    ),
    multiObjectiveAggregation: choice(
      'sum_then_normalize',
      ['sum_then_normalize', 'normalize_then_sum'],
      'Whether several rewards are normalised as a sum, or each by itself (GDPO).',
    ),
    importanceSamplingLevel: choice(
      'token',
      ['token', 'sequence'],
      'Level of the probability ratios: of tokens, or of whole completions (GSPO).',
    ),
    useBiasCorrectionKl: flag(
      true,
      'Weighs the KL divergence from the reference model by the probability ratio.',
    ),
    topEntropyQuantile: number(
      1,
      'Share of the completion tokens, those of the highest entropy, that the policy learns from.',
      { above: 0, max: 1 },
    ),
    offPolicyMaskThreshold: number(
      null,
      'Drop in log-probability, in nats a token, beyond which completions with a negative advantage train nothing.',
      { min: 0 },
    ),
  }),
  ...group('Entropy bonus', {
    entropyCoef: number(0, 'Weight of the mean entropy of completion tokens in the loss.'),
    useAdaptiveEntropy: flag(
      false,
      'Adapts entropy_coef until the entropy reaches entropy_target.',
    ),
    entropyCoefMin: number(0, 'Least value of an adaptive entropy_coef.'),
    entropyCoefMax: number(1, 'Greatest value of an adaptive entropy_coef.'),
    entropyCoefDelta: number(0.005, 'Change of an adaptive entropy_coef after each step.', {
      min: 0,
    }),
    entropyTarget: number(0.2, 'Entropy that an adaptive entropy_coef aims at, in nats a token.', {
      min: 0,
    }),
  }),
  ...group('SAPO and VESPO', {
    sapoTemperaturePos: number(1, 'Temperature of the sapo gate for positive advantages.', {
      above: 0,
    }),
    sapoTemperatureNeg: number(1.05, 'Temperature of the sapo gate for negative advantages.', {
      above: 0,
    }),
    vespoKPos: number(2, 'Exponent k of the vespo weight for positive advantages.', { min: 0 }),
    vespoLambdaPos: number(3, 'Decay lambda of the vespo weight for positive advantages.', {
      min: 0,
    }),
    vespoKNeg: number(3, 'Exponent k of the vespo weight for negative advantages.', { min: 0 }),
    vespoLambdaNeg: number(2, 'Decay lambda of the vespo weight for negative advantages.', {
      min: 0,
    }),
  }),
};

export type GRPOSettings = SettingsOf<typeof grpoConfig>;

/** @throws AttuneError `bad-value`, `group-size` */
export function checkGrpo(args: GRPOSettings): void {
  checkPolicy(args);
  const { useAdaptiveEntropy, entropyCoef, entropyCoefMin, entropyCoefMax } = args;
  if (!useAdaptiveEntropy) return;
  if (entropyCoefMin <= entropyCoef && entropyCoef <= entropyCoefMax) return;
  throw new AttuneError(
    'bad-value',
    `entropy_coef ${entropyCoef} is not between entropy_coef_min ${entropyCoefMin} and entropy_coef_max ${entropyCoefMax}.`,
    'Start from a coefficient within the range that it adapts in.',
  );
}
