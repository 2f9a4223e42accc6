import { AttuneError } from '@attune/gpu';

type Awaitable<T> = T | Promise<T>;

/** What a reward function is given: a list entry a completion, under TRL's names. */
export interface RewardBatch {
  /** Text, or messages where the data set has messages. */
  readonly prompts: readonly unknown[];
  /** Text without special tokens; in a conversation, a list of one message of the assistant. */
  readonly completions: readonly unknown[];
  readonly completion_ids: readonly (readonly number[])[];
  /** Which generation batch this is, from 0. */
  readonly trainer_state: { readonly generation: number };
  /** Puts a number of the function's own into the log, as a mean over the generation batch. */
  readonly log_metric: (name: string, value: number) => void;
  /** Every other column of the data set. */
  readonly [column: string]: unknown;
}

/** Scores completions: a number each, or null for no opinion. */
export type RewardFunction = (batch: RewardBatch) => Awaitable<readonly (number | null)[]>;

/** A reward function and its name in the log. */
export interface NamedReward {
  readonly name: string;
  readonly score: RewardFunction;
}

/**
 * The rewards of all functions, as [completions][functions] in 32-bit precision, as TRL keeps them.
 * @throws AttuneError `reward-shape` where a function returns no number for each completion; `reward-failed` where it throws
 */
export async function rewardTable(
  rewards: readonly NamedReward[],
  batch: RewardBatch,
): Promise<(number | null)[][]> {
  const count = batch.completion_ids.length;
  const columns: (readonly (number | null)[])[] = [];
  for (const reward of rewards) columns.push(checked(reward.name, await run(reward, batch), count));
  return Array.from({ length: count }, (_, i) => columns.map((column) => column[i]!));
}

async function run({ name, score }: NamedReward, batch: RewardBatch): Promise<unknown> {
  try {
    return await score(batch);
  } catch (error) {
    if (error instanceof AttuneError) throw error;
    throw new AttuneError(
      'reward-failed',
      `The reward function ${name} failed: ${error instanceof Error ? error.message : error}`,
      'It is called with {prompts, completions, completion_ids, trainer_state, log_metric} and the other columns of the data set, each a list.',
      { cause: error },
    );
  }
}

function checked(name: string, found: unknown, count: number): (number | null)[] {
  const wrong = (what: string) =>
    new AttuneError(
      'reward-shape',
      `The reward function ${name} returned ${what}.`,
      `Return a list of ${count} numbers, one a completion; null where there is no opinion.`,
    );
  if (!Array.isArray(found)) throw wrong(found === undefined ? 'nothing' : `a ${typeof found}`);
  if (found.length !== count) throw wrong(`${found.length} rewards for ${count} completions`);
  return found.map((reward: unknown) => {
    if (reward === null || reward === undefined || Number.isNaN(reward)) return null;
    const number = typeof reward === 'boolean' ? Number(reward) : reward;
    const rounded = typeof number === 'number' ? Math.fround(number) : Number.NaN;
    if (Number.isFinite(rounded)) return rounded;
    const shown = typeof reward === 'number' ? String(reward) : JSON.stringify(reward);
    throw wrong(`${shown ?? String(reward)} as a reward`);
  });
}

/** The text of a completion, of a conversation or not. */
function contentOf(completion: unknown): string {
  if (typeof completion === 'string') return completion;
  const [message] = completion as { content?: unknown }[];
  return String(message?.content ?? '');
}

/** 1 where the completion thinks between `<think>` and `</think>` before it answers, else 0; TRL's. */
export const thinkFormatReward: NamedReward = {
  name: 'think_format_reward',
  score: ({ completions }) =>
    completions.map((completion) =>
      /^<think>(?![\s\S]*<think>)[\s\S]*?<\/think>[\s\S]*$/.test(contentOf(completion)) ? 1 : 0,
    ),
};

/**
 * 0 up to `maxCompletionLen - softPunishCache` tokens, falling to -1 at `maxCompletionLen`; TRL's.
 * @see Yu et al. 2025 (DAPO), https://arxiv.org/abs/2503.14476, equation 13
 */
export function softOverlongPunishment(
  maxCompletionLen: number,
  softPunishCache: number,
): NamedReward {
  const free = maxCompletionLen - softPunishCache;
  return {
    name: 'soft_overlong_punishment_reward',
    score: ({ completion_ids: ids }) =>
      ids.map(({ length }) => {
        if (length <= free) return 0;
        return length > maxCompletionLen ? -1 : (free - length) / softPunishCache;
      }),
  };
}

/**
 * `maxPenalty` times the share of n-grams of tokens that are repetitions; TRL's `get_repetition_penalty_reward`.
 * @see Yeo et al. 2025, https://arxiv.org/abs/2502.03373, appendix C.2
 */
export function repetitionPenalty(ngramSize = 3, maxPenalty = -1): NamedReward {
  return {
    name: 'repetition_penalty_reward',
    score: ({ completion_ids }) =>
      completion_ids.map((ids) => {
        const count = ids.length - ngramSize + 1;
        if (count < 1) return 0;
        const seen = new Set(
          Array.from({ length: count }, (_, i) => ids.slice(i, i + ngramSize).join()),
        );
        return (1 - seen.size / count) * maxPenalty;
      }),
  };
}

/** The reward functions that a recipe can name without a module, by TRL's names for them. */
export const builtInRewards: Readonly<Record<string, NamedReward>> = {
  think_format_reward: thinkFormatReward,
  get_soft_overlong_punishment: softOverlongPunishment(1280, 256),
};
