import { filesOf, readAllRows, rowsOf } from '@attune/data';
import { AttuneError } from '@attune/gpu';
import type { TrainerSetup } from '@attune/trainer';
import { type policyConfig, stepsPerGeneration } from '../policy.config.ts';
import type { PolicyTrainerOptions } from '../policy-trainer.ts';
import { rewardNames } from './find-rewards.ts';
import { type RecordedRow, recordedSteps, replay } from './replay.ts';
import type { RolloutSource } from './rollouts.ts';

type Options = Pick<
  PolicyTrainerOptions<typeof policyConfig>,
  'rollouts' | 'rolloutBatches' | 'rewardFuncs' | 'rewardModelNameOrPath'
>;

/**
 * Rollouts of a recording, and how many steps they are enough for.
 * @throws AttuneError `rollouts-exhausted` where max_steps asks for more, and those of `replay`
 */
export async function openRecording(
  setup: TrainerSetup<typeof policyConfig>,
  options: Options,
): Promise<{ readonly train: RolloutSource; readonly totalSteps: number }> {
  const { args, model, log } = setup;
  const { rollouts = [] } = options;
  const perGeneration = stepsPerGeneration(args);
  const names = rewardNames(options);
  const order = await recordedOrder(options, log);
  const prompts = await promptCount(setup);
  const source = replay({
    rows: typeof rollouts === 'string' ? await readRecording(rollouts) : rollouts,
    generationSize: args.perDeviceTrainBatchSize * perGeneration,
    numGenerations: args.numGenerations,
    maxCompletionLength: args.maxCompletionLength,
    vocabSize: model.config.vocabSize,
    positions: model.config.maxPositionEmbeddings,
    ...(names.length > 0 && { rewardNames: names }),
    ...(prompts && { prompts }),
    ...(order && { order }),
  });
  const microBatches = perGeneration * args.numIterations;
  const steps = recordedSteps(source, microBatches, args.gradientAccumulationSteps);
  const where = typeof rollouts === 'string' ? ` of ${fileName(rollouts)}` : '';
  log(`Replay: ${source.generations} recorded generation batches${where}, ${steps} steps.`);
  if (args.maxSteps > steps) {
    throw new AttuneError(
      'rollouts-exhausted',
      `The recording is enough for ${steps} steps, and max_steps is ${args.maxSteps}.`,
      'Lower max_steps, or record more.',
    );
  }
  return { train: source, totalSteps: args.maxSteps > 0 ? args.maxSteps : steps };
}

const fileName = (path: string) => path.split(/[\\/]/).at(-1)!;

async function readRecording(path: string): Promise<RecordedRow[]> {
  const rows: RecordedRow[] = [];
  for await (const row of readAllRows([path])) rows.push(row);
  return rows;
}

/** Prompts of the data set that a recording was made from, where it is there: they are what an epoch is. */
async function promptCount({
  trainDataset,
}: TrainerSetup<typeof policyConfig>): Promise<number | undefined> {
  if (trainDataset == null) return undefined;
  const files = filesOf(trainDataset);
  const fs = globalThis.process?.getBuiltinModule?.('node:fs');
  const gone = (file: unknown) => typeof file === 'string' && fs && !fs.existsSync(file);
  if (files?.some(gone)) return undefined;
  let count = 0;
  for await (const _ of rowsOf(files ?? (trainDataset as Iterable<never>), {})) count++;
  return count;
}

/** The micro-batches of the recording: those that are given, or of `batches.json` beside it. */
async function recordedOrder(
  { rollouts, rolloutBatches: named }: Options,
  log: (note: string) => void,
): Promise<readonly (readonly number[])[] | undefined> {
  if (named !== undefined && typeof named !== 'string') return named;
  const fs = globalThis.process?.getBuiltinModule?.('node:fs');
  const beside = typeof rollouts === 'string' && rollouts.replace(/[^\\/]*$/, 'batches.json');
  const file = named ?? beside;
  if (!fs || !file || (named === undefined && !fs.existsSync(file))) return undefined;
  const wrong = (what: string) =>
    new AttuneError(
      'rollout-malformed',
      `${file}: ${what}.`,
      'Write a JSON list of micro-batches, each {"rows": [row numbers of the recording, from 0]}.',
    );
  let batches: unknown;
  try {
    batches = JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
  const good = (batch: { rows?: unknown } | null) =>
    Array.isArray(batch?.rows) && batch.rows.every((row) => Number.isInteger(row));
  if (!Array.isArray(batches) || !batches.every(good)) throw wrong('an entry names no rows');
  if (named === undefined) log(`Micro-batches as in ${file}.`);
  return batches.map(({ rows }) => rows);
}
