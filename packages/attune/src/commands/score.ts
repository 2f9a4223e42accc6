import { encodeExample, encodeScored, type Row } from '@attune/data';
import type { OpenModel } from '@attune/model';
import { Scorer } from '@attune/reward';
import type { Tokenizer } from '@attune/tokenizer';
import type { Command, Context } from '../command-line/command.ts';
import type { Values } from '../command-line/option.ts';
import { writeWhole } from '../files.ts';
import { judgeOf } from '../judge.ts';
import { modelKeys } from '../keys/model-keys.ts';
import { idsOf, readAll } from '../rows.ts';
import { findModel, loadSession, tokenizerOf } from '../session.ts';

export const score: Command = {
  name: 'score',
  summary: "Writes a reward model's score of every row.",
  description:
    'Rows of {"messages"}, {"prompt", "completion"}, {"text"} or {"input_ids"} come back with score; pairs of {"prompt", "chosen", "rejected"} with chosen_score and rejected_score, and the share of pairs whose chosen answer has the greater one is told. Text is read as attune reward reads it: the end-of-text token is added, and the score is taken at the last token that is not padding.',
  example: `attune score --model_name_or_path judge --input pairs.jsonl --output scores.jsonl
attune score --model_name_or_path M --adapter_name_or_path judge --input answers.jsonl`,
  options: [
    ...modelKeys,
    { name: 'input', kind: 'text', group: 'Files', help: 'Rows, as JSONL.' },
    {
      name: 'output',
      kind: 'text',
      group: 'Files',
      help: 'The JSONL file to write. Default: the standard output.',
    },
  ],
  required: ['model_name_or_path', 'input'],
  async run(values, context) {
    const { terminal } = context;
    const rows = await readAll(String(values.input));
    const adapter = values.adapter_name_or_path;
    const opened = await findModel(values, terminal);
    const model = await judgeOf(opened, adapter === undefined ? undefined : String(adapter));
    const texts = judged(rows, model);
    const session = await loadSession(values, terminal, model);
    const scorer = new Scorer(session.executor, session.network, {
      padTokenId: model.config.padTokenId,
      progress: (done) => terminal.progress(`Scored ${done} of ${texts.length} answers`),
    });
    try {
      const name = (i: number) => `Row ${texts[i]!.row + 1}`;
      const scores = await scorer.score(
        texts.map(({ ids }) => ids),
        name,
      );
      terminal.settle();
      await report(rows, texts, scores, values, context);
    } finally {
      scorer.destroy();
      session.destroy();
    }
  },
};

/** A text to score: its row, and the column that its score goes to. */
interface Judged {
  readonly row: number;
  readonly column: 'score' | 'chosen_score' | 'rejected_score';
  readonly ids: ArrayLike<number>;
}

function judged(rows: readonly Row[], model: OpenModel): Judged[] {
  let made: Tokenizer | undefined;
  const tokenizer = () => (made ??= tokenizerOf(model));
  return rows.flatMap((row, i): Judged[] => {
    const pair = (chosen: ArrayLike<number>, rejected: ArrayLike<number>): Judged[] => [
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
  texts: readonly Judged[],
  scores: Float32Array,
  { output }: Values,
  { terminal }: Context,
): Promise<void> {
  const scored: Record<string, unknown>[] = rows.map((row) => ({ ...row }));
  for (const [i, { row, column }] of texts.entries()) scored[row]![column] = scores[i];
  const lines = scored.map((row) => JSON.stringify(row));
  if (output === undefined) for (const line of lines) terminal.out(line);
  else await writeWhole(String(output), `${lines.join('\n')}\n`);
  const leads = scored
    .filter((row) => row.chosen_score !== undefined)
    .map((row) => Number(row.chosen_score) - Number(row.rejected_score));
  const say = (text: string) => (output === undefined ? terminal.note(text) : terminal.out(text));
  if (leads.length > 0) {
    const right = leads.filter((lead) => lead > 0).length;
    const mean = leads.reduce((a, b) => a + b, 0) / leads.length;
    say(
      `The chosen answer scores higher in ${right} of ${leads.length} pairs (${(right / leads.length).toFixed(3)}), by ${mean.toFixed(3)} on average.`,
    );
  }
  if (output !== undefined) terminal.out(`Scored ${rows.length} rows: ${output}`);
}
