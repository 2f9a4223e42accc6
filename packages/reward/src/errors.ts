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
