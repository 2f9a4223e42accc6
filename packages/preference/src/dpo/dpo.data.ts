import {
  collatePairs,
  type PreferenceExample,
  preparePreference,
  type RowBatch,
} from '@attune/data';
import { type PreferenceExamples, preferenceData, type TrainerSetup } from '@attune/trainer';
import { blocksOf } from '../blocks.ts';
import { batchLogps, type ReferenceLogpsOptions } from '../reference-logps.ts';
import type { DPOSettings, dpoConfig } from './dpo.config.ts';

/** Rows of prompt, chosen and rejected as token ids. */
export const dpoData = (
  setup: TrainerSetup<typeof dpoConfig>,
): Promise<PreferenceExamples<PreferenceExample>> =>
  preferenceData(setup, 'pairs', (rows, options) =>
    preparePreference(rows, setup.tokenizer, { ...options, trainer: 'dpo' }),
  );

/**
 * LD-DPO: what token i of a completion weighs, α where the other completion of its pair has ended.
 * @see Liu et al. 2024, https://arxiv.org/abs/2409.06411
 */
export const lengthWeight =
  (alpha: number | null) =>
  ({ rows, lengths }: Pick<RowBatch, 'rows' | 'lengths'>, row: number, i: number): number => {
    if (alpha === null) return 1;
    const pair = row % (rows / 2);
    return i < Math.min(lengths[pair]!, lengths[pair + rows / 2]!) ? 1 : alpha;
  };

/** The pairs with their log-probabilities under the reference model, which some data sets bring along. */
export async function withReferenceLogps(
  pairs: readonly PreferenceExample[],
  args: DPOSettings,
  options: ReferenceLogpsOptions,
): Promise<readonly PreferenceExample[]> {
  if (pairs.every(({ refChosenLogps }) => refChosenLogps !== undefined)) return pairs;
  const size = args.precomputeRefBatchSize ?? args.perDeviceTrainBatchSize;
  const blocks = blocksOf(pairs, size);
  const weightOf = lengthWeight(args.ldAlpha);
  const logps = await batchLogps(blocks.map(collatePairs), { ...options, weightOf });
  return blocks.flatMap((block, b) => {
    // Of each block first all chosen, then all rejected.
    const [chosen, rejected] = [2 * b * size, 2 * b * size + block.length];
    return block.map((pair, i) => ({
      ...pair,
      refChosenLogps: logps[chosen + i]!,
      refRejectedLogps: logps[rejected + i]!,
    }));
  });
}
