import { AttuneError } from '@attune/gpu';
import type { Rollout, RolloutRound, RolloutSource } from './rollouts.ts';

/** A line of a recording: what was sampled, and what it was rewarded with. */
export type RecordedRow = Readonly<Record<string, unknown>>;

export interface ReplayOptions {
  readonly rows: readonly RecordedRow[];
  /** Completions of a round, and of a group. */
  readonly roundSize: number;
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
 * have the same prompt; `step`, where it is there, counts rounds.
 * @throws AttuneError `rollout-malformed`, `rollout-group`, `rollout-round`, `rollout-too-long`, `rollout-rewards`
 */
export function replay(options: ReplayOptions): RolloutSource & { readonly rounds: number } {
  const { rows, roundSize, numGenerations, prompts, order } = options;
  if (rows.length === 0 || rows.length % roundSize !== 0) {
    throw wrong(
      'rollout-round',
      `The recording has ${rows.length} rows, which are no whole rounds of ${roundSize} completions.`,
      'Give the rows of whole rounds: per_device_train_batch_size times steps_per_generation each.',
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
  checkRounds(rows, roundSize);
  const rounds = rows.length / roundSize;
  return {
    rewardNames,
    rounds,
    roundsPerEpoch: prompts
      ? Math.max(1, Math.floor((prompts * numGenerations) / roundSize))
      : rounds,
    longest: {
      prompt: Math.max(...rollouts.map(({ prompt }) => prompt.length)),
      completion: Math.max(...rollouts.map(({ completion }) => completion.length)),
    },
    async round(index: number): Promise<RolloutRound> {
      if (index >= rounds) {
        throw wrong(
          'rollouts-exhausted',
          `The recording holds ${rounds} rounds, and round ${index + 1} is asked for.`,
          'Set max_steps to what was recorded, or record more.',
        );
      }
      const first = index * roundSize;
      const round = rollouts.slice(first, first + roundSize);
      const inFile = [...round.keys()];
      return { rollouts: round, order: order ? orderOf(order, first, roundSize) : inFile };
    },
  };
}

/**
 * Steps that a recording of `rounds` is enough for, each round making `perRound` micro-batches. As in training, the
 * last step of an epoch is shorter where `accumulation` does not divide the epoch.
 */
export function recordedSteps(
  { rounds, roundsPerEpoch }: { readonly rounds: number; readonly roundsPerEpoch: number },
  perRound: number,
  accumulation: number,
): number {
  const epochs = Math.floor(rounds / roundsPerEpoch);
  const rest = (rounds % roundsPerEpoch) * perRound;
  const perEpoch = Math.ceil((roundsPerEpoch * perRound) / accumulation);
  return epochs * perEpoch + Math.floor(rest / accumulation);
}

function readRow(row: RecordedRow, i: number, options: ReplayOptions): Rollout {
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

function checkGroups(rollouts: readonly Rollout[], size: number): void {
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

function checkRounds(rows: readonly RecordedRow[], size: number): void {
  rows.forEach(({ step }, i) => {
    const first = rows[i - (i % size)]!.step;
    if (step === first && (i < size || i % size > 0 || step !== rows[i - 1]!.step)) return;
    if (step === undefined && first === undefined) return;
    throw wrong(
      'rollout-round',
      `Row ${i + 1} of the recording belongs to step ${step}, but rounds of ${size} completions would put it ${step === first ? 'into another round' : `into that of step ${first}`}.`,
      'Set per_device_train_batch_size and steps_per_generation to what the recording was made with.',
    );
  });
}

/** The micro-batches of one round, as row numbers within it. */
function orderOf(order: readonly (readonly number[])[], first: number, size: number): number[] {
  const inRound = (row: number) => row >= first && row < first + size;
  const found = order.filter((rows) => rows.every(inRound)).flat();
  // Later iterations repeat the same micro-batches.
  const once = found.slice(0, size).map((row) => row - first);
  if (new Set(once).size === size) return once;
  throw wrong(
    'rollout-malformed',
    `The order of training names ${new Set(once).size} of the ${size} rows from ${first + 1} on.`,
    'Give each row of a round once before any is repeated.',
  );
}

const wrong = (code: string, message: string, remedy: string) =>
  new AttuneError(code, message, remedy);
