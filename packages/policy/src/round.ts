import type { CompletionRow } from './completions.ts';
import type { Rollout } from './rollouts.ts';

/** A completion with all that stays fixed while it is trained on. */
export interface RoundRow extends CompletionRow {
  /** Whether its tokens are trained: not where it was cut off and such completions are masked. */
  readonly trained: boolean;
  readonly advantage: number;
  /** Log-probabilities of its tokens under the policy that sampled; absent where that is the one that trains. */
  readonly oldLogps?: Float32Array;
  /** Those under the reference model, where there is one. */
  readonly refLogps?: Float32Array;
}

/** One round of rollouts, judged: what its micro-batches are cut from. */
export interface Round {
  /** From 0, over the whole run. */
  readonly index: number;
  readonly rows: readonly RoundRow[];
  /** Row numbers in the order in which micro-batches take them. */
  readonly order: readonly number[];
  /** Trained tokens of all rows. */
  readonly items: number;
  /** Prompt and completion tokens of all rows: counted for `num_tokens` once. */
  readonly tokens: number;
  /** Logged with the first micro-batch. */
  readonly metrics: Readonly<Record<string, number>>;
}

const total = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

/** Tokens of the rows: those that train, and all. */
export function countTokens(rows: readonly RoundRow[]): Pick<Round, 'items' | 'tokens'> {
  return {
    items: total(rows.map(({ trained, completion }) => (trained ? completion.length : 0))),
    tokens: total(rows.map(({ prompt, completion }) => prompt.length + completion.length)),
  };
}

/** Whether each completion was cut off: its last token ends nothing. */
export function truncated(rollouts: readonly Rollout[], endTokenIds: readonly number[]): boolean[] {
  return rollouts.map(({ completion }) => !endTokenIds.includes(completion.at(-1)!));
}

/** A round as JSON, for a checkpoint: 32-bit numbers come back as they were. */
export function roundToJson(round: Round): unknown {
  return {
    ...round,
    rows: round.rows.map(({ prompt, completion, oldLogps, refLogps, ...rest }) => ({
      ...rest,
      prompt: [...prompt],
      completion: [...completion],
      ...(oldLogps && { oldLogps: [...oldLogps] }),
      ...(refLogps && { refLogps: [...refLogps] }),
    })),
  };
}

export function roundFromJson(value: unknown): Round {
  const round = value as Omit<Round, 'rows'> & {
    rows: (Omit<RoundRow, 'prompt' | 'completion' | 'oldLogps' | 'refLogps'> &
      Record<'prompt' | 'completion', number[]> & { oldLogps?: number[]; refLogps?: number[] })[];
  };
  return {
    ...round,
    rows: round.rows.map(({ prompt, completion, oldLogps, refLogps, ...rest }) => ({
      ...rest,
      prompt: Int32Array.from(prompt),
      completion: Int32Array.from(completion),
      ...(oldLogps && { oldLogps: Float32Array.from(oldLogps) }),
      ...(refLogps && { refLogps: Float32Array.from(refLogps) }),
    })),
  };
}
