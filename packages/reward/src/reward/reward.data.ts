import { type PreferenceExample, preparePreference } from '@attune/data';
import { AttuneError } from '@attune/gpu';
import {
  checkTokens,
  type PreferenceExamples,
  preferenceData,
  type TrainerSetup,
} from '@attune/trainer';
import type { rewardConfig } from './reward.config.ts';

/**
 * Training pairs and held-out ones; what happened to the rows is reported.
 * @throws AttuneError `margin-missing`, `vocabulary-mismatch`, `row-too-long`, those of `preparePreference`
 */
export async function rewardData(
  setup: TrainerSetup<typeof rewardConfig>,
): Promise<PreferenceExamples<PreferenceExample>> {
  const pairs = await preferenceData(setup, 'pairs', (rows, options) =>
    preparePreference(rows, setup.tokenizer, { ...options, trainer: 'reward' }),
  );
  for (const [kind, examples] of [
    ['training', pairs.train],
    ['evaluation', pairs.evaluation ?? []],
  ] as const) {
    checkMargins(kind, examples);
    checkTokens(completions(kind, examples), setup.model.config);
  }
  return pairs;
}

function* completions(
  kind: string,
  pairs: readonly PreferenceExample[],
): Generator<[string, Int32Array]> {
  for (const [i, { chosenIds, rejectedIds }] of pairs.entries()) {
    yield [`The chosen completion of ${kind} pair ${i + 1}`, chosenIds];
    yield [`The rejected completion of ${kind} pair ${i + 1}`, rejectedIds];
  }
}

/** Whether the pairs of a data set all have a margin, or none has. @throws AttuneError `margin-missing` */
function checkMargins(kind: string, examples: readonly PreferenceExample[]): void {
  const without = examples.findIndex(({ margin }) => margin === undefined);
  const count = examples.filter(({ margin }) => margin !== undefined).length;
  if (without < 0 || count === 0) return;
  throw new AttuneError(
    'margin-missing',
    `${count} of ${examples.length} ${kind} pairs have a margin, but pair ${without + 1} has none.`,
    'Give every row a margin (0 for none), or leave the column out.',
  );
}
