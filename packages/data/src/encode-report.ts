/** What encoding did to a dataset. */
export interface EncodeReport {
  rows: number;
  /** Tokens that are trained on, those that only give context among them; packing's cuts are not. */
  tokens: number;
  trainedTokens: number;
  /** Longer than `maxLength`: their ends were cut off (with `keep_end` their beginnings). */
  truncated: number;
  /** Tokens that were cut off. */
  cutTokens: number;
  /** Nothing was left to train after cutting: these rows are left out. */
  dropped: number;
  /** Rows without content, which are left out, and the number of the first, from 1. */
  empty: number;
  firstEmpty: number;
  /** A token crosses from prompt to completion, which begins where the ids differ. */
  promptsCrossed: number;
  /** The completion begins with the whole prompt, which stands in `prompt` too. */
  promptsRepeated: number;
  /** Rows with a completion of which only the end of the text is trained. */
  emptyCompletions: number;
  /** Rows trained whole although the completion alone was asked for: they have none. */
  withoutCompletion: number;
  /** Rows whose `completion_mask` is not used, since `completion_only_loss` is not set. */
  unusedMasks: number;
  /** Rows whose roles are ShareGPT's human and gpt, which templates do not know. */
  foreignRoles: number;
  /** Tokens of the longest row, before cutting. */
  longest: number;
}

export function newReport(): EncodeReport {
  return {
    rows: 0,
    tokens: 0,
    trainedTokens: 0,
    truncated: 0,
    cutTokens: 0,
    dropped: 0,
    empty: 0,
    firstEmpty: 0,
    promptsCrossed: 0,
    promptsRepeated: 0,
    emptyCompletions: 0,
    withoutCompletion: 0,
    unusedMasks: 0,
    foreignRoles: 0,
    longest: 0,
  };
}
