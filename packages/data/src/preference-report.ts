import { AttuneError } from '@attune/gpu';
import type { Tokenizer } from '@attune/tokenizer';
import { emptyNote, repeatedNote } from './report-notes.ts';

/** What encoding did to preference data. */
export interface PreferenceReport {
  /** Rows read; paired rows given to KTO count as two. */
  rows: number;
  /** Examples made. */
  kept: number;
  /** Rows without content, which are left out, and the number of the first, from 1. */
  empty: number;
  firstEmpty: number;
  /** Tokens of all examples, prompts included in each completion's row. */
  tokens: number;
  /** Left out: reward, a row longer than `maxLength`; DPO and KTO, a prompt that fills it. */
  dropped: number;
  /** Answers cut to `maxLength`. */
  truncated: number;
  /** Pairs whose answers are the same: nothing is preferred. */
  identical: number;
  /** Answers without text: only the end of the turn is trained. */
  emptyCompletions: number;
  /** A token crosses from prompt to answer. */
  promptsCrossed: number;
  /** The completions begin with the whole prompt, which stands in `prompt` too. */
  promptsRepeated: number;
  /** Tokens of the longest row, before cutting. */
  longest: number;
  desirable: number;
  undesirable: number;
  /** Rows alone in the last block, whose KL completion is their own. */
  klMatched: number;
}

export function newPreferenceReport(): PreferenceReport {
  return {
    rows: 0,
    empty: 0,
    firstEmpty: 0,
    kept: 0,
    tokens: 0,
    dropped: 0,
    truncated: 0,
    identical: 0,
    emptyCompletions: 0,
    promptsCrossed: 0,
    promptsRepeated: 0,
    longest: 0,
    desirable: 0,
    undesirable: 0,
    klMatched: 0,
  };
}

/** Sentences on preference data that a user should read before training. Empty where all is well. */
export function preferenceNotes(
  report: PreferenceReport,
  tokenizer: Tokenizer,
  maxLength: number | null = 1024,
): string[] {
  const { rows, dropped, truncated, identical, emptyCompletions, promptsCrossed } = report;
  const notes: (string | false)[] = [
    emptyNote(report),
    dropped > 0 &&
      `${dropped} of ${rows} rows are left out: they do not fit into max_length ${maxLength}; the longest has ${report.longest} tokens.`,
    truncated > 0 &&
      `${truncated} answers are cut to max_length ${maxLength}; the longest row has ${report.longest} tokens.`,
    identical > 0 &&
      `In ${identical} of ${rows} rows chosen and rejected are the same: nothing can be learned from them. Remove them.`,
    emptyCompletions > 0 &&
      `${emptyCompletions} answers are empty: of these only the end of the text is trained. Remove them if that is not meant.`,
    report.promptsRepeated > 0 && repeatedNote(report.promptsRepeated, rows),
    promptsCrossed > 0 &&
      `In ${promptsCrossed} of ${rows} rows a token crosses from the prompt into the answer (a prompt that ends in a space, or a template that renders the prompt otherwise): the answer begins there, in a context that generation will not have. Move the space to the answer.`,
    report.klMatched > 0 &&
      `${report.klMatched} row stands alone in the last batch, so that its KL term is taken from its own answer. Choose a per_device_train_batch_size that leaves no row over.`,
    tokenizer.lost.dropped + tokenizer.lost.unknown > 0 &&
      `${tokenizer.lost.dropped} bytes and ${tokenizer.lost.unknown} characters have no token in this vocabulary.`,
    tokenizer.eosToken === undefined &&
      'The tokenizer names no end-of-text token, so that none is added to plain text: the model will not learn to stop.',
  ];
  return notes.filter((note) => note !== false);
}

/**
 * What to say where the kinds differ in number and their weights do not make up for it: desirable
 * rows should weigh 1 to 4/3 times as much in all as undesirable ones. Equal counts are left alone,
 * as in TRL.
 *
 * @see https://arxiv.org/abs/2402.01306 equation 8
 */
export function ktoWeightNote(
  { desirable, undesirable }: Pick<PreferenceReport, 'desirable' | 'undesirable'>,
  desirableWeight: number,
  undesirableWeight: number,
): string | undefined {
  if (desirable === undesirable) return undefined;
  const twoDigits = (x: number): number => Math.round(x * 100) / 100;
  const wanted = (undesirable * undesirableWeight) / desirable;
  const unwanted = (desirable * desirableWeight) / undesirable;
  const [low, high] = [twoDigits(wanted), twoDigits(wanted * 1.33)];
  const [lowest, highest] = [twoDigits(unwanted / 1.33), twoDigits(unwanted)];
  const balanced =
    (low <= desirableWeight && desirableWeight <= high) ||
    (lowest <= undesirableWeight && undesirableWeight <= highest);
  return balanced
    ? undefined
    : `${desirable} rows are desirable, ${undesirable} are not, and the weights do not make up for it: set desirable_weight from ${low} to ${high} or undesirable_weight from ${lowest} to ${highest}.`;
}

/** The error of a data set of which no row is left. */
export function noneLeft(report: PreferenceReport, maxLength: number | null): AttuneError {
  return new AttuneError(
    'data-all-dropped',
    report.rows === report.empty
      ? `The data set has no rows${report.empty > 0 ? `: all ${report.empty} are empty` : ''}.`
      : `None of the ${report.rows} rows fits into max_length ${maxLength}; the longest has ${report.longest} tokens.`,
    report.rows === report.empty
      ? 'Check that the right file and columns are named.'
      : 'Raise max_length, or shorten the prompts.',
  );
}
