import {
  type PreferenceExample,
  preferenceNotes,
  preparePreference,
  splitDataset,
} from '@attune/data';
import { AttuneError } from '@attune/gpu';
import { checkTokens, type TrainerSetup } from '@attune/trainer';
import type { rewardConfig } from './reward.config.ts';

export interface RewardData {
  readonly train: readonly PreferenceExample[];
  readonly evaluation?: readonly PreferenceExample[];
}

/**
 * Training pairs and held-out ones; what happened to the rows is reported.
 * @throws AttuneError `margin-missing`, `vocabulary-mismatch`, `row-too-long`, those of `preparePreference`
 */
export async function rewardData(setup: TrainerSetup<typeof rewardConfig>): Promise<RewardData> {
  const { args, tokenizer, model, log, progress, signal } = setup;
  const { maxLength } = args;
  const options = {
    trainer: 'reward' as const,
    maxLength,
    signal,
    onProgress: (rows: number) => progress(`Reading data: ${rows} rows`),
  };
  const evaluates = args.evalStrategy !== 'no' || args.evalOnStart;
  const split = await splitDataset(setup, { evaluates });
  const train = await preparePreference(split.train, tokenizer, options);
  const held = split.evaluation && (await preparePreference(split.evaluation, tokenizer, options));
  for (const note of preferenceNotes(train.report, tokenizer, maxLength)) log(note);
  const { rows, kept, tokens } = train.report;
  log(
    `Data: ${rows} rows, ${kept} pairs, ${tokens} tokens${held ? `; ${held.report.kept} pairs held out` : ''}.`,
  );
  for (const [kind, pairs] of [
    ['training', train.examples],
    ['evaluation', held?.examples ?? []],
  ] as const) {
    checkMargins(kind, pairs);
    checkTokens(completions(kind, pairs), model.config);
  }
  return { train: train.examples, ...(held && { evaluation: held.examples }) };
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
