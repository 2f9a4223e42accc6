import { AttuneError } from '@attune/gpu';
import type { GroupRelativeOptions } from './advantages.ts';
import type { EntropyArguments } from './entropy-control.ts';
import { checkPolicyArguments, type PolicyArguments } from './policy-arguments.ts';

/** What the policy's loss is, by TRL's names; most differ in what they average over, or in how they hold ratios. */
export const grpoLosses = [
  'grpo',
  'bnpo',
  'dr_grpo',
  'dapo',
  'cispo',
  'sapo',
  'luspo',
  'vespo',
] as const;
export type GrpoLossName = (typeof grpoLosses)[number];

/** The keys of a recipe that GRPO reads; names and defaults are TRL's. */
export interface GRPOArguments
  extends PolicyArguments,
    EntropyArguments,
    Pick<GroupRelativeOptions, 'scaleRewards' | 'multiObjectiveAggregation'> {
  /** Default `dapo`. For `cispo`, `epsilonHigh` is an absolute cap. */
  readonly lossType?: GrpoLossName;
  /** Two-sided clipping: ratios of bad tokens are held below this. Default: not at all. */
  readonly delta?: number | null;
  /** Ratios of tokens, or (GSPO) of whole completions, as the mean over their tokens. Default `token`. */
  readonly importanceSamplingLevel?: 'token' | 'sequence';
  /** The divergence from the reference is weighed by the ratio too. Default true. */
  readonly useBiasCorrectionKl?: boolean;
  /** The share of tokens, the most uncertain ones, that the policy learns from. Default 1. */
  readonly topEntropyQuantile?: number;
  /** Bad completions that became less likely by more than so much, in nats a token, train nothing. Default: none. */
  readonly offPolicyMaskThreshold?: number | null;
  /** Default 1 and 1.05. */
  readonly sapoTemperaturePos?: number;
  readonly sapoTemperatureNeg?: number;
  /** Default 2, 3, 3 and 2. */
  readonly vespoKPos?: number;
  readonly vespoLambdaPos?: number;
  readonly vespoKNeg?: number;
  readonly vespoLambdaNeg?: number;
}

/** @throws AttuneError `bad-option`, `group-size` */
export function checkGrpoArguments(args: GRPOArguments): void {
  checkPolicyArguments(args);
  const { lossType = 'dapo', topEntropyQuantile: share = 1, entropyCoefMin = 0 } = args;
  const { entropyCoef = 0, entropyCoefMax = 1 } = args;
  const wrong = (message: string, remedy: string) => new AttuneError('bad-option', message, remedy);
  if (!grpoLosses.includes(lossType)) {
    throw wrong(`GRPO has no loss ${lossType}.`, `loss_type is one of ${grpoLosses.join(', ')}.`);
  }
  if (!(share > 0 && share <= 1)) {
    throw wrong(
      `top_entropy_quantile is ${share}.`,
      'Give the share of tokens to learn from: above 0, and 1 for all.',
    );
  }
  if (
    args.useAdaptiveEntropy &&
    !(entropyCoefMin <= entropyCoef && entropyCoef <= entropyCoefMax)
  ) {
    throw wrong(
      `entropy_coef ${entropyCoef} is not between entropy_coef_min ${entropyCoefMin} and entropy_coef_max ${entropyCoefMax}.`,
      'Start from a coefficient within the range that it adapts in.',
    );
  }
}
