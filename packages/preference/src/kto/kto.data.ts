import {
  collateUnpaired,
  ktoWeightNote,
  prepareUnpaired,
  type UnpairedExample,
} from '@attune/data';
import { type PreferenceExamples, preferenceData, type TrainerSetup } from '@attune/trainer';
import { blocksOf } from '../blocks.ts';
import { batchLogps, type ReferenceLogpsOptions } from '../reference-logps.ts';
import type { KTOSettings, ktoConfig } from './kto.config.ts';

/** Rows of prompt, completion and label as token ids; completions are exchanged within batches for the KL term. */
export async function ktoData(
  setup: TrainerSetup<typeof ktoConfig>,
): Promise<PreferenceExamples<UnpairedExample>> {
  const { args, tokenizer, log } = setup;
  const { perDeviceTrainBatchSize: batchSize, desirableWeight, undesirableWeight } = args;
  const kl = args.lossType === 'kto';
  const { report, ...examples } = await preferenceData(setup, 'completions', (rows, options) =>
    prepareUnpaired(rows, tokenizer, { ...options, batchSize, kl }),
  );
  const note = ktoWeightNote(report, desirableWeight, undesirableWeight);
  if (note) log(note);
  return examples;
}

/** The completions with their log-probabilities under the reference model, which some data sets bring along. */
export async function withReferenceLogps(
  rows: readonly UnpairedExample[],
  args: KTOSettings,
  options: ReferenceLogpsOptions,
): Promise<readonly UnpairedExample[]> {
  const needsKl = args.lossType === 'kto';
  const known = ({ refLogps, refKlLogps }: UnpairedExample) =>
    refLogps !== undefined && (refKlLogps !== undefined || !needsKl);
  if (rows.every(known)) return rows;
  const size = args.precomputeRefBatchSize ?? args.perDeviceTrainBatchSize;
  const batches = blocksOf(rows, size).map(collateUnpaired);
  const logps = await batchLogps(batches, options);
  if (!needsKl) return rows.map((row, i) => ({ ...row, refLogps: logps[i]! }));
  const exchanged = batches.map(({ kl }) => kl);
  const klLogps = await batchLogps(exchanged, options);
  return rows.map((row, i) => ({ ...row, refLogps: logps[i]!, refKlLogps: klLogps[i]! }));
}
