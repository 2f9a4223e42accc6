import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readAllRows } from '@attune/data';
import { AttuneError } from '@attune/gpu';
import type { OpenModel } from '@attune/model';
import { type PolicyArguments, recordedSteps, replay, stepsPerGeneration } from '@attune/policy';
import type { Context } from '../command-line/command.ts';
import type { Values } from '../command-line/option.ts';
import { readAll } from '../rows.ts';
import type { RolloutSources } from './policy.ts';
import { rewardNames } from './rewards.ts';
import { dataFiles } from './sources.ts';

/** Rollouts of a recording, and how many steps they are enough for. */
export async function recorded(
  values: Values,
  args: PolicyArguments,
  { config }: OpenModel,
  { terminal }: Context,
): Promise<RolloutSources> {
  const file = String(values.rollouts);
  const { numGenerations, maxCompletionLength, numIterations = 1 } = args;
  const perRound = stepsPerGeneration(args);
  const names = rewardNames(values);
  const order = await recordedOrder(values, file, (note) => terminal.note(note));
  const prompts = await promptCount(values);
  const source = replay({
    rows: await readAll(file),
    roundSize: args.perDeviceTrainBatchSize * perRound,
    numGenerations,
    maxCompletionLength,
    vocabSize: config.vocabSize,
    positions: config.maxPositionEmbeddings,
    ...(names.length > 0 && { rewardNames: names }),
    ...(prompts && { prompts }),
    ...(order && { order }),
  });
  const steps = recordedSteps(source, perRound * numIterations, args.gradientAccumulationSteps);
  terminal.note(`Replay: ${source.rounds} recorded rounds of ${basename(file)}, ${steps} steps.`);
  return { train: async () => () => source, steps };
}

/** Prompts of the data set that a recording was made from, where it is there: they are what an epoch is. */
async function promptCount(values: Values): Promise<number | undefined> {
  if (values.dataset_name === undefined && values.datasets === undefined) return undefined;
  const { train: files } = dataFiles(values);
  if (!files.every((file) => existsSync(file))) return undefined;
  let count = 0;
  for await (const _ of readAllRows(files)) count++;
  return count;
}

async function recordedOrder(
  { rollout_batches: named }: Values,
  rollouts: string,
  tell: (note: string) => void,
): Promise<number[][] | undefined> {
  const beside = join(dirname(rollouts), 'batches.json');
  const file = named === undefined ? beside : String(named);
  if (named === undefined && !existsSync(file)) return undefined;
  const wrong = (what: string) =>
    new AttuneError(
      'rollout-malformed',
      `${file}: ${what}.`,
      'Write a JSON list of micro-batches, each {"rows": [row numbers of the recording, from 0]}.',
    );
  let batches: unknown;
  try {
    batches = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
  const good = (batch: { rows?: unknown } | null) =>
    Array.isArray(batch?.rows) && batch.rows.every((row) => Number.isInteger(row));
  if (!Array.isArray(batches) || !batches.every(good)) throw wrong('an entry names no rows');
  if (named === undefined) tell(`Micro-batches as in ${file}.`);
  return batches.map(({ rows }) => rows);
}
