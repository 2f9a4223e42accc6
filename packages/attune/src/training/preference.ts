import {
  ktoWeightNote,
  type PairTrainer,
  type PreferenceExample,
  type PreferenceReport,
  preferenceNotes,
  preparePreference,
  prepareUnpaired,
} from '@attune/data';
import type { OpenModel } from '@attune/model';
import {
  CPOTrainer,
  DPOTrainer,
  type DPOTrainerOptions,
  KTOTrainer,
  ORPOTrainer,
  type PreferenceTrainerOptions,
} from '@attune/preference';
import type { Tokenizer } from '@attune/tokenizer';
import type { Context } from '../command-line/command.ts';
import type { Values } from '../command-line/option.ts';
import { loadingLine, needPadding, tokenizerOf } from '../session.ts';
import { cpoArguments, dpoArguments, ktoArguments, orpoArguments } from './arguments.ts';
import { chooseMethod, onlyLora } from './method.ts';
import { referenceCache } from './reference-cache.ts';
import { type RunnableTrainer, runTrainer } from './run-trainer.ts';
import { dataFiles } from './sources.ts';
import { type Split, splitData } from './split.ts';

/** Runs a recipe of DPO on an opened model, and leaves the result in `output_dir`. */
export function trainDpo(values: Values, model: OpenModel, context: Context): Promise<void> {
  return trainPairs('dpo', values, model, context, (options) =>
    DPOTrainer.create({ ...options, arguments: dpoArguments(values) }),
  );
}

/** Runs a recipe of KTO. */
export function trainKto(values: Values, model: OpenModel, context: Context): Promise<void> {
  const args = ktoArguments(values);
  const kl = args.lossType !== 'apo_zero_unpaired';
  return train(
    values,
    model,
    context,
    async (sources, tokenizer, { held, ...options }) => {
      const batchSize = args.perDeviceTrainBatchSize;
      const data = await prepareUnpaired(sources, tokenizer, { ...options, batchSize, kl });
      const { desirableWeight = 1, undesirableWeight = 1 } = args;
      const note = ktoWeightNote(data.report, desirableWeight, undesirableWeight);
      if (note && !held) context.terminal.note(note);
      return data;
    },
    (options) => KTOTrainer.create({ ...options, arguments: args }),
  );
}

/** Runs a recipe of ORPO. */
export function trainOrpo(values: Values, model: OpenModel, context: Context): Promise<void> {
  return trainPairs('orpo', values, model, context, (options) =>
    ORPOTrainer.create({ ...options, arguments: orpoArguments(values) }),
  );
}

/** Runs a recipe of CPO, SimPO or AlphaPO. */
export function trainCpo(values: Values, model: OpenModel, context: Context): Promise<void> {
  return trainPairs('cpo', values, model, context, (options) =>
    CPOTrainer.create({ ...options, arguments: cpoArguments(values) }),
  );
}

/** What all trainers are given; those with a reference keep its judgement, and tell of it. */
type Given<E> = Omit<PreferenceTrainerOptions<E, unknown>, 'arguments'> &
  Pick<DPOTrainerOptions, 'referenceCache' | 'judging'>;

interface Reading {
  readonly maxLength: number | null;
  readonly signal: AbortSignal;
  readonly onProgress: (rows: number) => void;
  /** Held-out rows. */
  readonly held: boolean;
}

/** What a run is made of before its trainer exists; what happened to the rows is said. */
async function train<E>(
  values: Values,
  model: OpenModel,
  { terminal, verbose, signal }: Context,
  prepare: (
    sources: Split['train'],
    tokenizer: Tokenizer,
    options: Reading,
  ) => Promise<{ examples: E[]; report: PreferenceReport }>,
  create: (options: Given<E>) => Promise<RunnableTrainer>,
): Promise<void> {
  const files = dataFiles(values);
  const chosen = onlyLora(await chooseMethod(values, model));
  const tokenizer = tokenizerOf(model);
  const maxLength = values.max_length as number | null;
  const split = await splitData(values, files);
  const options = {
    maxLength,
    signal,
    onProgress: (rows: number) => terminal.progress(`Reading data: ${rows} rows`),
  };
  const data = await prepare(split.train, tokenizer, { ...options, held: false });
  const held =
    split.evaluation && (await prepare(split.evaluation, tokenizer, { ...options, held: true }));
  terminal.settle();
  for (const note of preferenceNotes(data.report, tokenizer, maxLength)) terminal.note(note);
  const { rows, kept, tokens } = data.report;
  terminal.note(
    `Data: ${rows} rows, ${kept} kept, ${tokens} tokens${held ? `; ${held.report.kept} held out` : ''}.`,
  );
  await runTrainer({
    values,
    context: { terminal, verbose, signal },
    model,
    chosen,
    evaluates: held !== undefined,
    create: (gpu) =>
      create({
        gpu,
        config: model.config,
        weights: model.weights,
        method: chosen.method,
        ...(chosen.values && { values: chosen.values }),
        padTokenId: needPadding(tokenizer),
        train: data.examples,
        ...(held && { evaluation: held.examples }),
        progress: loadingLine(terminal),
        referenceCache: referenceCache(model, chosen, terminal),
        judging: (done, total) =>
          terminal.progress(`The reference judges: ${done} of ${total} answers`),
      }),
  });
}

function trainPairs(
  trainer: PairTrainer,
  values: Values,
  model: OpenModel,
  context: Context,
  create: (options: Given<PreferenceExample>) => Promise<RunnableTrainer>,
): Promise<void> {
  return train(
    values,
    model,
    context,
    (sources, tokenizer, options) => preparePreference(sources, tokenizer, { ...options, trainer }),
    create,
  );
}
