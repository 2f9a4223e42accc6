import { AttuneError } from '@attune/gpu';
import type { SampleOptions } from '@attune/kernels';

export interface GenerateOptions {
  /** Tokens after the prompt, the end token included. */
  readonly maxNewTokens: number;
  /** Divides the logits; 0, the default, takes the likeliest token each time. */
  readonly temperature?: number;
  /** Keeps the k likeliest tokens; 0: all. */
  readonly topK?: number;
  /** Keeps the fewest tokens that together reach this probability; 1: all. */
  readonly topP?: number;
  /** Keeps tokens of at least this share of the likeliest one's probability; 0: all. */
  readonly minP?: number;
  /** Of the random numbers, up to 2⁵³. Default 0. */
  readonly seed?: number;
  /** Each of these ends a row, and stays as its last token. */
  readonly eosTokenIds?: readonly number[];
  /** Steps between two read-backs, at most; fewer where a step is slow. Default 8. */
  readonly readEvery?: number;
  /** Called with the new tokens of a row (the prompt's index) after each read-back. */
  readonly onTokens?: (row: number, ids: number[]) => void;
  /** Stops the work after the steps under way: `generate` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface Generation {
  /** New tokens; the end token is the last of them where it ended the row. */
  ids: number[];
  /** Log-probability of each, from the logits as they are: no temperature, no filters. */
  logProbs: number[];
  /** `length`: maxNewTokens were made, or prompt and answer fill the positions that there are. */
  finishReason: 'stop' | 'length';
}

/** The options with defaults in place. */
export interface Decoding {
  readonly sampling: Required<SampleOptions>;
  readonly ends: readonly number[];
  readonly maxNewTokens: number;
  readonly seed: number;
  readonly readEvery: number;
}

/** @throws AttuneError `bad-value` unless `value` is a whole number of at least `least` */
export function expectWhole(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new AttuneError(
    'bad-value',
    `Generation was asked for ${name} ${value}.`,
    `Give a whole number of at least ${least}.`,
  );
}

/** Checks options and puts defaults in. @throws AttuneError `bad-value` */
export function decoding(options: GenerateOptions): Decoding {
  const { maxNewTokens, temperature = 0, topK = 0, topP = 1, minP = 0 } = options;
  const { seed = 0, eosTokenIds: ends = [], readEvery = 8 } = options;
  expectWhole('maxNewTokens', maxNewTokens, 1);
  expectWhole('readEvery', readEvery, 1);
  expectWhole('seed', seed, 0);
  for (const id of ends) expectWhole('eosTokenIds', id, 0);
  return {
    sampling: { temperature, topK, topP, minP },
    ends,
    maxNewTokens,
    seed,
    readEvery,
  };
}

/**
 * Checks that every prompt has tokens, all of the vocabulary, and leaves room for an answer.
 * @throws AttuneError `empty-prompt`, `bad-token`, `prompt-too-long`
 */
export function checkPrompts(
  prompts: readonly (readonly number[])[],
  { vocabSize, positions }: { vocabSize: number; positions: number },
): void {
  prompts.forEach((prompt, row) => {
    if (prompt.length === 0) {
      throw new AttuneError(
        'empty-prompt',
        `Prompt ${row} has no tokens.`,
        'Begin with at least one token, such as the tokenizer’s begin-of-text token.',
      );
    }
    const wrong = prompt.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
    if (wrong !== undefined) {
      throw new AttuneError(
        'bad-token',
        `Prompt ${row} holds the token ${wrong}; the model knows 0 to ${vocabSize - 1}.`,
        'Encode the prompt with the tokenizer that belongs to this model.',
      );
    }
    if (prompt.length >= positions) {
      throw new AttuneError(
        'prompt-too-long',
        `Prompt ${row} has ${prompt.length} tokens; prompt and answer together may have ${positions}.`,
        'Shorten the prompt, or raise the capacity if the model has more positions.',
      );
    }
  });
}
