import { AttuneError, type ErrorCode } from '@attune/gpu';
import type { Completion, RolloutSource } from './rollouts.ts';

/** A recorded completion with its rewards. */
type Recorded = Completion & { readonly rewards: readonly (number | null)[] };

/** A line of a recording: what was sampled, and its rewards. */
export type RecordedRow = Readonly<Record<string, unknown>>;

export interface ReplayOptions {
  readonly rows: readonly RecordedRow[];
  /** Completions of a generation batch, and of a group. */
  readonly generationSize: number;
  readonly numGenerations: number;
  readonly maxCompletionLength: number;
  readonly vocabSize: number;
  /** Tokens that prompt and completion may have together. */
  readonly positions: number;
  /** Names of the reward functions; by default reward_1, reward_2, … */
  readonly rewardNames?: readonly string[];
  /** Prompts of the data set that was sampled from: what an epoch is. By default the recording is one. */
  readonly prompts?: number;
  /** Row numbers of the recording in the order of training, micro-batch by micro-batch. Default: as they stand. */
  readonly order?: readonly (readonly number[])[];
}

/**
 * Recorded completions and rewards in place of sampling. Rows are `{prompt, completion, rewards}`: token ids, and a
 * number (or null) for each reward function; a single function's may be `reward`. Groups of `numGenerations` rows
 * have the same prompt; `step`, where it is there, counts generation batches.
 * @throws AttuneError `rollout-malformed`, `rollout-group`, `rollout-batch`, `rollout-too-long`, `rollout-rewards`
 */
export function replay(options: ReplayOptions): RolloutSource & { readonly generations: number } {
  const { rows, generationSize, numGenerations, prompts, order } = options;
  if (rows.length === 0 || rows.length % generationSize !== 0) {
    throw wrong(
      'rollout-batch',
      `The recording has ${rows.length} rows, not a multiple of a generation batch of ${generationSize} completions.`,
      'Give the rows of whole generation batches: per_device_train_batch_size times steps_per_generation each.',
    );
  }
  const rollouts = rows.map((row, i) => readRow(row, i, options));
  const functions = rollouts[0]!.rewards.length;
  const rewardNames = options.rewardNames ?? rollouts[0]!.rewards.map((_, k) => `reward_${k + 1}`);
  rollouts.forEach(({ rewards }, i) => {
    if (rewards.length === functions && functions === rewardNames.length) return;
    throw wrong(
      'rollout-rewards',
      `Row ${i + 1} of the recording has ${rewards.length} rewards; there are ${rewardNames.length} reward functions (${rewardNames.join(', ')}).`,
      'Write one number, or null, for each function.',
    );
  });
  checkGroups(rollouts, numGenerations);
  checkGenerations(rows, generationSize);
  const generations = rows.length / generationSize;
  return {
    rewardNames,
    generations,
    generationsPerEpoch: prompts
      ? Math.max(1, Math.floor((prompts * numGenerations) / generationSize))
      : generations,
    longest: {
      prompt: Math.max(...rollouts.map(({ prompt }) => prompt.length)),
      completion: Math.max(...rollouts.map(({ completion }) => completion.length)),
    },
    async completions(generation) {
      if (generation >= generations) {
        throw wrong(
          'rollouts-exhausted',
          `The recording holds ${generations} generation batches, and number ${generation + 1} is asked for.`,
          'Set max_steps to what was recorded, or record more.',
        );
      }
      const first = generation * generationSize;
      const completions = rollouts.slice(first, first + generationSize);
      const inFile = [...completions.keys()];
      const rows = order ? orderOf(order, first, generationSize) : inFile;
      return { generation, completions, order: rows };
    },
    async rewards({ generation }) {
      const first = generation * generationSize;
      const table = rollouts.slice(first, first + generationSize).map(({ rewards }) => rewards);
      return { table, metrics: {} };
    },
  };
}

/**
 * Steps that a recording is enough for, each generation batch making `perGeneration` micro-batches. As in training, the
 * last step of an epoch is shorter where `accumulation` does not divide the epoch.
 */
export function recordedSteps(
  {
    generations,
    generationsPerEpoch,
  }: { readonly generations: number; readonly generationsPerEpoch: number },
  perGeneration: number,
  accumulation: number,
): number {
  const epochs = Math.floor(generations / generationsPerEpoch);
  const rest = (generations % generationsPerEpoch) * perGeneration;
  const perEpoch = Math.ceil((generationsPerEpoch * perGeneration) / accumulation);
  return epochs * perEpoch + Math.floor(rest / accumulation);
}

function readRow(row: RecordedRow, i: number, options: ReplayOptions): Recorded {
  const { vocabSize, maxCompletionLength, positions } = options;
  const ids = (column: 'prompt' | 'completion') => {
    const value = row[column];
    const good = (id: unknown) => Number.isInteger(id) && Number(id) >= 0 && Number(id) < vocabSize;
    if (Array.isArray(value) && value.length > 0 && value.every(good)) {
      return Int32Array.from(value as number[]);
    }
    throw wrong(
      'rollout-malformed',
      `Row ${i + 1} of the recording: ${column} is no list of token ids from 0 to ${vocabSize - 1}.`,
      'Each row needs prompt and completion as token ids of this model, and rewards.',
    );
  };
  const [prompt, completion] = [ids('prompt'), ids('completion')];
  const most = Math.min(maxCompletionLength, positions - prompt.length);
  if (completion.length > most) {
    throw wrong(
      'rollout-too-long',
      `Row ${i + 1} of the recording has ${prompt.length} tokens of prompt and ${completion.length} of completion; at most ${most} fit (max_completion_length ${maxCompletionLength}, ${positions} positions).`,
      'Raise max_completion_length to what the recording was made with.',
    );
  }
  const rewards =
    row.rewards === undefined && row.reward !== undefined ? [row.reward] : row.rewards;
  const known = (r: unknown) => r === null || (typeof r === 'number' && Number.isFinite(r));
  if (!Array.isArray(rewards) || rewards.length === 0 || !rewards.every(known)) {
    throw wrong(
      'rollout-malformed',
      `Row ${i + 1} of the recording has no rewards.`,
      'Write "rewards": a list of numbers, one a reward function, null where it has no opinion.',
    );
  }
  return { prompt, completion, rewards: rewards as (number | null)[] };
}

function checkGroups(rollouts: readonly Completion[], size: number): void {
  rollouts.forEach(({ prompt }, i) => {
    const first = rollouts[i - (i % size)]!.prompt;
    if (prompt.length === first.length && prompt.every((id, t) => id === first[t])) return;
    throw wrong(
      'rollout-group',
      `Row ${i + 1} of the recording has another prompt than row ${i - (i % size) + 1}, the first of its group of ${size}.`,
      'Set num_generations to what the recording was made with, and keep its rows in their order.',
    );
  });
}

function checkGenerations(rows: readonly RecordedRow[], size: number): void {
  rows.forEach(({ step }, i) => {
    const first = rows[i - (i % size)]!.step;
    if (step === first && (i < size || i % size > 0 || step !== rows[i - 1]!.step)) return;
    if (step === undefined && first === undefined) return;
    throw wrong(
      'rollout-batch',
      `Row ${i + 1} of the recording belongs to step ${step}, but generation batches of ${size} completions would put it ${step === first ? 'into another one' : `into that of step ${first}`}.`,
      'Set per_device_train_batch_size and steps_per_generation to what the recording was made with.',
    );
  });
}

/** The micro-batches of one generation batch, as row numbers within it. */
function orderOf(order: readonly (readonly number[])[], first: number, size: number): number[] {
  const inside = (row: number) => row >= first && row < first + size;
  const found = order.filter((rows) => rows.every(inside)).flat();
  // Later iterations repeat the same micro-batches.
  const once = found.slice(0, size).map((row) => row - first);
  if (new Set(once).size === size) return once;
  throw wrong(
    'rollout-malformed',
    `The order of training names ${new Set(once).size} of the ${size} rows from ${first + 1} on.`,
    'Give each row of a generation batch once before any is repeated.',
  );
}

const wrong = (code: ErrorCode, message: string, remedy: string) =>
  new AttuneError(code, message, remedy);
