import type { Tokenizer } from '@attune/tokenizer';
import type { DatasetOptions } from './dataset.ts';
import type { EncodeReport } from './encode-report.ts';
import { printable } from './printable.ts';

/**
 * What a user should know before training on a data set: sentences on rows cut or left out, text
 * that the vocabulary lacks, prompts that run into their completions. Empty where all is well.
 */
export function reportNotes(
  report: EncodeReport,
  tokenizer: Tokenizer,
  { maxLength = 1024, packing = false, truncationMode }: DatasetOptions = {},
): string[] {
  const { rows, truncated, dropped, promptsCrossed, foreignRoles } = report;
  const { lost } = tokenizer;
  const end = truncationMode === 'keep_end' && !packing ? 'beginnings' : 'ends';
  const notes: (string | false)[] = [
    emptyNote(report),
    dropped > 0 &&
      `${dropped} of ${rows} rows are left out: cut to max_length ${maxLength}, they have no token to train.`,
    truncated > 0 &&
      `${truncated} of ${rows} rows are cut to max_length ${maxLength}: ${report.cutTokens} tokens at their ${end}${end === 'ends' ? ', the end-of-text tokens among them,' : ''} are not trained; the longest has ${report.longest} tokens.${packing ? ' With packing_strategy: bfd_split no token is lost.' : ''}`,
    report.emptyCompletions > 0 &&
      `${report.emptyCompletions} of ${rows} rows have an empty completion: of these only the end of the text is trained. Remove them if that is not meant.`,
    report.withoutCompletion > 0 &&
      `completion_only_loss is set, but ${report.withoutCompletion} of ${rows} rows have no completion apart from a prompt: all their tokens are trained.`,
    report.unusedMasks > 0 &&
      `${report.unusedMasks} of ${rows} rows have a completion_mask, which is used only with completion_only_loss: true: all their tokens are trained.`,
    report.promptsRepeated > 0 && repeatedNote(report.promptsRepeated, rows),
    promptsCrossed > 0 &&
      `In ${promptsCrossed} of ${rows} rows a token crosses from the prompt into the completion (a prompt that ends in a space, or a template that renders the prompt otherwise): the completion is trained from there, in a context that generation will not have.`,
    foreignRoles > 0 &&
      `${foreignRoles} rows have the roles human and gpt, which go into the template by these names; most models know user and assistant.`,
    lost.dropped > 0 &&
      `${lost.dropped} bytes have no token in this vocabulary and are left out, for instance in ${quote(lost.examples)}.`,
    lost.unknown > 0 &&
      `${lost.unknown} characters are unknown to this vocabulary, for instance in ${quote(lost.examples)}.`,
    tokenizer.eosToken === undefined &&
      'The tokenizer names no end-of-text token, so that none is added to plain text: the model will not learn to stop.',
  ];
  return notes.filter((note) => note !== false);
}

/** What to say of rows without content. */
export function emptyNote(report: {
  rows: number;
  empty: number;
  firstEmpty: number;
}): string | false {
  const { rows, empty, firstEmpty } = report;
  const which = empty === 1 ? `row ${firstEmpty}` : `the first is row ${firstEmpty}`;
  return (
    empty > 0 &&
    `${empty} of ${rows} rows ${empty === 1 ? 'is' : 'are'} empty and left out (${which}).`
  );
}

/** What to say of prompts that stand in their completions too. */
export function repeatedNote(repeated: number, rows: number): string {
  return `In ${repeated} of ${rows} rows the prompt stands in the column prompt and again at the beginning of the completion: it is rendered twice. Take it out of one of them.`;
}

function quote(examples: readonly string[]): string {
  return examples
    .slice(0, 3)
    .map((text) => `"${printable(text)}"`)
    .join(', ');
}
