import { pairLoss, pairLossMetricNames, pairLossShader } from '../pair-loss/pair-loss.ts';
import text from './orpo.forward.wgsl';
import { orpoReference as reference } from './orpo.reference.ts';

export { orpoReference } from './orpo.reference.ts';

/** Those of every pair loss, then log σ(log odds ratio) and the log odds ratio; sums over the pairs. */
export const orpoMetricNames = [
  ...pairLossMetricNames,
  'log_odds_ratio',
  'log_odds_chosen',
] as const;

/**
 * The odds ratio term of ORPO; the likelihood term is `nll` over prompt and chosen answer (`weightedLoss`).
 * `logps` are averages over tokens; no `refLogps`. TRL's ORPOTrainer.
 * @see Hong et al. 2024, https://arxiv.org/abs/2403.07691, equations 4 to 7
 */
export const orpo = pairLoss({
  name: 'orpo',
  source: pairLossShader('orpo.forward', text),
  reference,
  ownMetrics: 2,
});
