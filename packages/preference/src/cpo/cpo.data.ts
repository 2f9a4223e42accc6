import { type PreferenceExample, preparePreference } from '@attune/data';
import { type PreferenceExamples, preferenceData, type TrainerSetup } from '@attune/trainer';
import { collatePadded, type PaddedPairBatch } from '../padded-pairs.ts';
import type { cpoConfig } from './cpo.config.ts';

/** Rows of prompt, chosen and rejected as token ids, and how they become batches. */
export async function cpoData(setup: TrainerSetup<typeof cpoConfig>): Promise<
  PreferenceExamples<PreferenceExample> & {
    collate(pairs: readonly PreferenceExample[]): PaddedPairBatch;
  }
> {
  const { tokenizer, padTokenId } = setup;
  const examples = await preferenceData(setup, 'pairs', (rows, options) =>
    preparePreference(rows, tokenizer, { ...options, trainer: 'cpo' }),
  );
  const collate = (pairs: readonly PreferenceExample[]) =>
    collatePadded(pairs, { padTokenId, predicted: 'completion' });
  return { ...examples, collate };
}
