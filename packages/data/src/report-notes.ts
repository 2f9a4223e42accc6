import type { Tokenizer } from '@attune/tokenizer';
import type { DatasetOptions } from './dataset.ts';
import type { EncodeReport } from './encode-example.ts';

/**
 * What a user should know before training on a data set: sentences on rows cut or left out, text
 * that the vocabulary lacks, prompts that run into their completions. Empty where all is well.
 */
export function reportNotes(
  report: EncodeReport,
  tokenizer: Tokenizer,
  { maxLength = 1024, packing = false }: DatasetOptions = {},
): string[] {
  const { rows, truncated, dropped, promptsCrossed, foreignRoles } = report;
  const { lost } = tokenizer;
  const notes: (string | false)[] = [
    dropped > 0 &&
      `${dropped} of ${rows} rows are left out: cut to max_length ${maxLength}, they have no token to train.`,
    truncated > 0 &&
      !packing &&
      `${truncated} of ${rows} rows are cut to max_length ${maxLength}; the longest has ${report.longest} tokens.`,
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

function quote(examples: readonly string[]): string {
  return examples
    .slice(0, 3)
    .map((text) => JSON.stringify(text))
    .join(', ');
}
