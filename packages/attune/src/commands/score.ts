import { group, text } from '@attune/config';
import { encodeExample, encodeScored, type Row } from '@attune/data';
import type { OpenModel } from '@attune/model';
import type { Tokenizer } from '@attune/tokenizer';
import { modelConfig, rewardModelOf, tokenizerOf } from '@attune/trainer';
import type { Command, Context, Values } from '../command-line/command.ts';
import { writeWhole } from '../files.ts';
import { adapterOf, loadNamed, openNamed } from '../load-named.ts';
import { deviceConfig } from '../recipe-keys.ts';
import { idsOf, readAll } from '../rows.ts';

export const score: Command = {
  name: 'score',
  summary: "Writes a reward model's score of every row.",
  description:
    'Rows of {"messages"}, {"prompt", "completion"}, {"text"} or {"input_ids"} come back with score; pairs of {"prompt", "chosen", "rejected"} with chosen_score and rejected_score, and the share of pairs whose chosen completion has the greater one is reported. Text is read as attune reward reads it: the end-of-text token is added, and the score is taken at the last token that is not padding.',
  example: `attune score --model_name_or_path reward-model --input pairs.jsonl --output scores.jsonl
attune score --model_name_or_path M --adapter_name_or_path reward-adapter --input answers.jsonl`,
  keys: {
    ...modelConfig,
    ...deviceConfig,
    ...group('Files', {
      input: text(undefined, 'Rows to score: a JSONL file.'),
      output: text(undefined, 'JSONL file to write (without it: the standard output).'),
    }),
  },
  required: ['modelNameOrPath', 'input'],
  async run(values, context) {
    const { terminal } = context;
    const rows = await readAll(String(values.input));
    const opened = await openNamed(values, context);
    const model = await rewardModelOf(opened, adapterOf(values));
    const texts = textsOf(rows, model);
    const loaded = await loadNamed(values, context, { model });
    try {
      const scores = await loaded.scores(
        texts.map(({ ids }) => ids),
        (i) => `Row ${texts[i]!.row + 1}`,
      );
      terminal.settle();
      await report(rows, texts, scores, values, context);
    } finally {
      loaded.destroy();
    }
  },
};

/** A text to score: its row, and the column that its score goes to. */
interface ScoredText {
  readonly row: number;
  readonly column: 'score' | 'chosen_score' | 'rejected_score';
  readonly ids: ArrayLike<number>;
}

function textsOf(rows: readonly Row[], model: OpenModel): ScoredText[] {
  let made: Tokenizer | undefined;
  const tokenizer = () => (made ??= tokenizerOf(model));
  return rows.flatMap((row, i): ScoredText[] => {
    const pair = (chosen: ArrayLike<number>, rejected: ArrayLike<number>): ScoredText[] => [
      { row: i, column: 'chosen_score', ids: chosen },
      { row: i, column: 'rejected_score', ids: rejected },
    ];
    if (row.chosen_ids !== undefined) {
      const side = (column: string) => idsOf(row[column], column, i + 1);
      return pair(side('chosen_ids'), side('rejected_ids'));
    }
    if (row.chosen !== undefined) {
      const { chosen, rejected } = encodeScored(row, tokenizer());
      return pair(chosen.ids, rejected.ids);
    }
    const ids =
      row.input_ids === undefined
        ? encodeExample(row, tokenizer(), { maxLength: null })!.inputIds
        : idsOf(row.input_ids, 'input_ids', i + 1);
    return [{ row: i, column: 'score', ids }];
  });
}

/** Rows with their scores, and what they say of pairs. */
async function report(
  rows: readonly Row[],
  texts: readonly ScoredText[],
  scores: Float32Array,
  { output }: Values,
  { terminal }: Context,
): Promise<void> {
  const scored: Record<string, unknown>[] = rows.map((row) => ({ ...row }));
  for (const [i, { row, column }] of texts.entries()) scored[row]![column] = scores[i];
  const lines = scored.map((row) => JSON.stringify(row));
  if (output === undefined) for (const line of lines) terminal.out(line);
  else await writeWhole(String(output), `${lines.join('\n')}\n`);
  const margins = scored
    .filter((row) => row.chosen_score !== undefined)
    .map((row) => Number(row.chosen_score) - Number(row.rejected_score));
  const say = (text: string) => (output === undefined ? terminal.note(text) : terminal.out(text));
  if (margins.length > 0) {
    const right = margins.filter((margin) => margin > 0).length;
    const mean = margins.reduce((a, b) => a + b, 0) / margins.length;
    say(
      `The chosen completion scores higher in ${right} of ${margins.length} pairs (${(right / margins.length).toFixed(3)}), by ${mean.toFixed(3)} on average.`,
    );
  }
  if (output !== undefined) terminal.out(`Scored ${rows.length} rows: ${output}`);
}
