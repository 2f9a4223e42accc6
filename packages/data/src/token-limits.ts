import { AttuneError } from '@attune/gpu';
import type { Example } from './encode-example.ts';
import type { PreferenceExample } from './preference-pairs.ts';
import { invalidLabel } from './tokenized-row.ts';
import type { UnpairedExample } from './unpaired.ts';

/** What a model can take. */
export interface TokenLimits {
  /** Ids are from 0 to this, less one. */
  readonly vocabSize: number;
  /**
   * Tokens of a document at most. Leave it out where the model computes on beyond its trained length, as
   * transformers does with rotary embeddings.
   */
  readonly maxPositions?: number | undefined;
}

/**
 * Refuses token ids outside the vocabulary, labels that are neither -100 nor an id, and documents longer
 * than the model's positions: on the device they would read other rows of a table without a word.
 *
 * @throws AttuneError `data-id-outside-vocabulary`, `data-label-invalid`, `data-beyond-positions`
 */
export function checkSequence(
  {
    inputIds,
    labels,
    segments,
  }: { inputIds: Int32Array; labels?: Int32Array; segments?: number[] },
  { vocabSize, maxPositions }: TokenLimits,
): void {
  const isId = (id: number): boolean => id >= 0 && id < vocabSize;
  const wrong = inputIds.findIndex((id) => !isId(id));
  if (wrong >= 0) {
    throw new AttuneError(
      'data-id-outside-vocabulary',
      `Token ${wrong + 1} has the id ${inputIds[wrong]}; the model's vocabulary has the ids 0 to ${vocabSize - 1}.`,
      'Encode the data with the tokenizer of this model.',
    );
  }
  const stray = labels?.findIndex((label) => label !== -100 && !isId(label)) ?? -1;
  if (labels && stray >= 0) throw invalidLabel(labels[stray]!, stray, vocabSize);
  const longest = segments ? Math.max(0, ...segments) : inputIds.length;
  if (maxPositions !== undefined && longest > maxPositions) {
    throw new AttuneError(
      'data-beyond-positions',
      `${longest} tokens are more than the ${maxPositions} positions of the model.`,
      `Set max_length to ${maxPositions} or less, so that longer rows are cut, or take a model with more positions.`,
    );
  }
}

/** A row as a trainer takes it. */
export type AnyExample = Example | PreferenceExample | UnpairedExample;

/**
 * {@link checkSequence} for every sequence of a row; the error says which row of the data set it is, where
 * the row knows it, else which example.
 */
export function checkExample(example: AnyExample, limits: TokenLimits, index: number): void {
  try {
    for (const sequence of sequencesOf(example)) checkSequence(sequence, limits);
  } catch (cause) {
    if (!(cause instanceof AttuneError)) throw cause;
    const { row } = example;
    const where = row === undefined ? `Example ${index + 1}` : `Row ${row}`;
    throw new AttuneError(cause.code, `${where}: ${cause.message}`, cause.remedy, { cause });
  }
}

/** {@link checkExample} for a data set in memory. */
export function checkExamples(examples: readonly AnyExample[], limits: TokenLimits): void {
  for (const [index, example] of examples.entries()) checkExample(example, limits, index);
}

function sequencesOf(example: AnyExample): { inputIds: Int32Array; labels?: Int32Array }[] {
  if ('inputIds' in example) return [example];
  if ('chosenIds' in example) {
    return [{ inputIds: example.chosenIds }, { inputIds: example.rejectedIds }];
  }
  return [{ inputIds: example.ids }, { inputIds: example.klIds }];
}
