import type { PreferenceExample } from '@attune/data';
import { AttuneError } from '@attune/gpu';
import type { ModelConfig } from '@attune/model';

/**
 * Whether a model can judge these rows: each has tokens, of its vocabulary, on positions that it has.
 * @throws AttuneError `empty-row`, `vocabulary-mismatch`, `row-too-long`, with the row's name
 */
export function checkTokens(
  rows: Iterable<readonly [name: string, ids: ArrayLike<number>]>,
  { vocabSize, maxPositionEmbeddings }: ModelConfig,
): void {
  for (const [name, ids] of rows) {
    if (ids.length === 0) {
      throw new AttuneError('empty-row', `${name} has no tokens.`, 'Remove it, or give it text.');
    }
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      if (Number.isInteger(id) && id >= 0 && id < vocabSize) continue;
      throw new AttuneError(
        'vocabulary-mismatch',
        `${name} holds the token ${id}; the reward model's vocabulary ends at ${vocabSize - 1}.`,
        'Encode the rows with the tokenizer that belongs to the reward model.',
      );
    }
    if (ids.length > maxPositionEmbeddings) {
      throw new AttuneError(
        'row-too-long',
        `${name} has ${ids.length} tokens; the model has ${maxPositionEmbeddings} positions.`,
        'Lower max_length, or shorten the row.',
      );
    }
  }
}

/** The error of a model that judges with something else than a number. */
export function scoreNotFinite(what: string, score: number): AttuneError {
  return new AttuneError(
    'score-not-finite',
    `${what} is scored ${score}.`,
    'Check the reward model: its weights or its head hold NaN or infinity, or it was trained at too high a rate.',
  );
}

/**
 * Whether the pairs of a data set all have a margin, or none has.
 * @throws AttuneError `margin-missing`
 */
export function checkMargins(kind: string, examples: readonly PreferenceExample[]): void {
  const without = examples.findIndex(({ margin }) => margin === undefined);
  const count = examples.filter(({ margin }) => margin !== undefined).length;
  if (without < 0 || count === 0) return;
  throw new AttuneError(
    'margin-missing',
    `${count} of ${examples.length} ${kind} pairs have a margin, but pair ${without + 1} has none.`,
    'Give every row a margin (0 for none), or leave the column out.',
  );
}
