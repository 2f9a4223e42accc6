import { readBytes } from './files.ts';
import { scoreAnswer } from './score.ts';

/** One row of the instruction set: a question on a scene, and its short answer. */
export interface InstructionRow {
  /** where, who, what, color, how-many, feeling, animal or yes-no */
  task: string;
  /** The scene, the question, and `Answer:`. */
  prompt: string;
  /** The short answer, a space in front. */
  completion: string;
}

/** The addresses of the instruction set: JSONL in TRL's prompt-completion shape, and a column `task`. */
export const instructionFiles = {
  train: new URL('../data/instructions-train.jsonl', import.meta.url),
  test: new URL('../data/instructions-test.jsonl', import.meta.url),
} as const;

/**
 * The 720 rows to train on or the 64 held out: no scene stands in both.
 *
 * @throws AttuneError `file-not-found` where the data were not installed
 */
export async function instructionRows(split: 'train' | 'test'): Promise<InstructionRow[]> {
  const text = new TextDecoder().decode(await readBytes(instructionFiles[split]));
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The right answer of a row. */
export function expectedAnswer(row: InstructionRow): string {
  return row.completion.trim();
}

export interface InstructionScore {
  /** Rows answered exactly. */
  right: number;
  rows: number;
  /** right / rows */
  exactMatch: number;
  /** The same, task by task. */
  byTask: Record<string, { right: number; rows: number }>;
}

/** Scores answers given in the order of the rows. A missing answer counts as wrong. */
export function scoreAnswers(
  rows: readonly InstructionRow[],
  answers: readonly string[],
): InstructionScore {
  const byTask: InstructionScore['byTask'] = {};
  let right = 0;
  for (const [i, row] of rows.entries()) {
    const score = scoreAnswer(expectedAnswer(row), answers[i] ?? '');
    byTask[row.task] ??= { right: 0, rows: 0 };
    const task = byTask[row.task]!;
    task.right += score;
    task.rows += 1;
    right += score;
  }
  return { right, rows: rows.length, exactMatch: rows.length ? right / rows.length : 0, byTask };
}
