import { type PreferenceExample, preparePreference } from '@attune/data';
import { type PreferenceExamples, preferenceData, type TrainerSetup } from '@attune/trainer';
import { collatePadded, type PaddedPairBatch } from '../padded-pairs.ts';
import type { orpoConfig } from './orpo.config.ts';

/** Rows of prompt, chosen and rejected as token ids, and how they become batches. */
export async function orpoData(setup: TrainerSetup<typeof orpoConfig>): Promise<
  PreferenceExamples<PreferenceExample> & {
    collate(pairs: readonly PreferenceExample[]): PaddedPairBatch;
  }
> {
  const { tokenizer, padTokenId } = setup;
  const examples = await preferenceData(setup, 'pairs', (rows, options) =>
    preparePreference(rows, tokenizer, { ...options, trainer: 'orpo' }),
  );
  // The likelihood term is that of prompt and chosen completion.
  const collate = (pairs: readonly PreferenceExample[]) =>
    collatePadded(pairs, { padTokenId, predicted: 'row' });
  return { ...examples, collate };
}
