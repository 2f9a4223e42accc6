import { AttuneError } from '@attune/gpu';
import type { Tokenizer } from '@attune/tokenizer';
import { inRow, numberedRows, rowsOf, shapeCheck, tokensInMemory } from './dataset.ts';
import type { Answer, Answers, PairTrainer, PreferenceExample } from './preference-pairs.ts';
import { encodeCompared, encodeScored, pairColumns } from './preference-pairs.ts';
import { encodeReferenceFree } from './preference-reference-free.ts';
import type { PreferenceReport } from './preference-report.ts';
import { newPreferenceReport, noneLeft } from './preference-report.ts';
import { printableColumns, printableValue } from './printable.ts';
import type { ReadOptions, Row } from './read-rows.ts';
import { canonicalJson } from './row-values.ts';
import { detectShape, isEmptyRow, repeatsPrompt, shapeError } from './shapes.ts';
import type { DatasetSource } from './source.ts';
import type { TokenLimits } from './token-limits.ts';
import { checkExample } from './token-limits.ts';

export interface ReadPreferenceOptions extends ReadOptions {
  /** Tokens of a row at most; null for no limit (ORPO and CPO: 512, as in TRL). Default 1024. */
  maxLength?: number | null;
  /** What the model can take: rows beyond it are refused with their number. */
  limits?: TokenLimits | undefined;
  signal?: AbortSignal | undefined;
  /** Called now and then with the rows read so far. */
  onProgress?: (rows: number) => void;
}

export interface PreferenceOptions extends ReadPreferenceOptions {
  /** Whose rules decide on boundaries, truncation and dropping. */
  trainer: PairTrainer;
}

/** Pairs in memory. */
export interface PreferenceData {
  examples: PreferenceExample[];
  report: PreferenceReport;
}

/**
 * Reads and encodes preference pairs by the rules of TRL's trainers: a reward model leaves out rows
 * that are too long; DPO leaves out rows whose prompt is, and cuts answers; ORPO and CPO cut answers.
 *
 * @throws AttuneError `data-shape-unknown`, `data-shapes-mixed`, `preference-unpaired`,
 * `preference-no-prompt`, `preference-empty-completion`, `preference-truncated-empty`,
 * `preference-boundary`, `preference-number-invalid`, `data-all-dropped`, `data-too-large`
 * @see https://huggingface.co/docs/trl/dataset_formats#preference
 */
export async function preparePreference(
  sources: DatasetSource,
  tokenizer: Tokenizer,
  options: PreferenceOptions,
): Promise<PreferenceData> {
  const report = newPreferenceReport();
  const examples: PreferenceExample[] = [];
  await eachRow(sources, options, report, (row, number) => {
    if (detectShape(row).type !== 'preference') throw notPairs(row, options.trainer);
    const example = encodePair(row, tokenizer, options, report);
    if (!example) return;
    example.row = number;
    if (options.limits) checkExample(example, options.limits, number - 1);
    examples.push(example);
  });
  if (examples.length === 0) throw noneLeft(report, options.maxLength ?? null);
  return { examples, report };
}

/** Hands over rows of one shape, with their number in errors; empty rows are counted and left out. */
export async function eachRow(
  sources: DatasetSource,
  options: ReadPreferenceOptions,
  report: PreferenceReport,
  take: (row: Row, number: number) => void,
): Promise<void> {
  const sameShape = shapeCheck(options);
  for await (const { row, number } of numberedRows(rowsOf(sources, options), options)) {
    if (isEmptyRow(row)) {
      report.rows++;
      if (report.empty++ === 0) report.firstEmpty = number;
      continue;
    }
    try {
      sameShape(row);
      take(row, number);
    } catch (cause) {
      throw inRow(number, cause);
    }
    if (report.tokens > tokensInMemory) {
      throw new AttuneError(
        'data-too-large',
        `The data set has more than ${tokensInMemory} tokens, too many to hold in memory.`,
        'Train on a part of the rows.',
      );
    }
  }
}

function encodePair(
  row: Row,
  tokenizer: Tokenizer,
  { trainer, maxLength = 1024 }: PreferenceOptions,
  report: PreferenceReport,
): PreferenceExample | undefined {
  const numbers = numbersOf(row, trainer);
  const columns = trainer === 'reward' ? undefined : pairColumns(row);
  const answers = encode(columns);
  const { chosen, rejected } = answers;
  const longest = Math.max(chosen.ids.length, rejected.ids.length);
  report.rows++;
  report.longest = Math.max(report.longest, longest);
  const repeated =
    columns &&
    repeatsPrompt(columns.prompt, columns.chosen) &&
    repeatsPrompt(columns.prompt, columns.rejected);
  if (repeated) report.promptsRepeated++;
  else if (answers.crossed) report.promptsCrossed++;
  if (canonicalJson(row.chosen) === canonicalJson(row.rejected)) report.identical++;
  const { chosen: better, rejected: worse } = columns ?? row;
  for (const said of [better, worse]) if (isEmptyAnswer(said)) report.emptyCompletions++;
  for (const { ids, start } of [chosen, rejected]) if (ids.length <= start) throw emptyAnswer();

  const free = trainer === 'orpo' || trainer === 'cpo';
  const limit = maxLength ?? (free ? 512 : Number.POSITIVE_INFINITY);
  const needed = trainer === 'reward' ? longest - 1 : chosen.start;
  if (!free && needed >= limit) {
    report.dropped++;
    return undefined;
  }
  const cut = ({ ids, start }: Answer): Int32Array => {
    if (start >= limit) throw emptied(start, limit, trainer);
    if (ids.length > limit) report.truncated++;
    return Int32Array.from(ids.slice(0, limit));
  };
  const chosenIds = cut(chosen);
  const rejectedIds = cut(rejected);
  report.kept++;
  report.tokens += chosenIds.length + rejectedIds.length;
  return {
    chosenIds,
    chosenStart: chosen.start,
    rejectedIds,
    rejectedStart: rejected.start,
    ...numbers,
  };

  function encode(pair: typeof columns): Answers {
    if (!pair) return encodeScored(row, tokenizer);
    return trainer === 'dpo'
      ? encodeCompared(pair, row, tokenizer)
      : encodeReferenceFree(pair, row, tokenizer);
  }
}

/** The numbers that a trainer takes from its rows. */
function numbersOf(row: Row, trainer: PairTrainer) {
  const margin = trainer === 'reward' ? numberOf(row, 'margin') : undefined;
  const chosen = trainer === 'dpo' ? numberOf(row, 'ref_chosen_logps') : undefined;
  const rejected = trainer === 'dpo' ? numberOf(row, 'ref_rejected_logps') : undefined;
  return {
    ...(margin !== undefined && { margin }),
    ...(chosen !== undefined && { refChosenLogps: chosen }),
    ...(rejected !== undefined && { refRejectedLogps: rejected }),
  };
}

/** A column that holds a finite number or nothing. @throws AttuneError `preference-number-invalid` */
export function numberOf(row: Row, column: string): number | undefined {
  const value = row[column];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new AttuneError(
    'preference-number-invalid',
    `The column ${column} holds ${printableValue(value)}, which is no finite number.`,
    'Give a finite number in every row, or leave the column out.',
  );
}

/** No text, or messages without any. */
export function isEmptyAnswer(said: unknown): boolean {
  if (typeof said === 'string') return said.trim() === '';
  return (
    Array.isArray(said) &&
    said.every((message) => (message.content ?? '') === '' && !message.tool_calls)
  );
}

export function emptyAnswer(): AttuneError {
  return new AttuneError(
    'preference-empty-completion',
    'An answer has no token.',
    'Remove the row, or use a tokenizer with an end-of-text token, which would then be trained.',
  );
}

function emptied(start: number, limit: number, trainer: PairTrainer): AttuneError {
  return new AttuneError(
    'preference-truncated-empty',
    `The prompt has ${start} tokens and max_length is ${limit}: ${trainer.toUpperCase()} would cut the answer to nothing, and the loss would not be a number.`,
    'Raise max_length above the length of the prompts, or remove such rows.',
  );
}

function notPairs(row: Row, trainer: PairTrainer): AttuneError {
  const { type } = detectShape(row);
  if (type !== 'unpaired-preference') {
    return shapeError(row, `is ${type} data, which ${trainer} does not take`, ['preference']);
  }
  return new AttuneError(
    'preference-unpaired',
    `A row with the columns ${printableColumns(row)} says of one completion whether it is wanted; ${trainer} compares two.`,
    'Train it with KTO, or write rows with prompt, chosen and rejected.',
  );
}
