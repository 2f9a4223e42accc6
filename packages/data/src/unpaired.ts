import { AttuneError } from '@attune/gpu';
import type { ChatMessage, Tokenizer } from '@attune/tokenizer';
import { encodeAnswer, pairColumns } from './preference-pairs.ts';
import type { PreferenceReport } from './preference-report.ts';
import { newPreferenceReport, noneLeft } from './preference-report.ts';
import type { ReadPreferenceOptions } from './preference-rows.ts';
import { eachRow, emptyAnswer, isEmptyAnswer, numberOf } from './preference-rows.ts';
import type { Row } from './read-rows.ts';
import { canonicalJson } from './row-values.ts';
import {
  detectShape,
  isConversation,
  messagesOf,
  repeatsPrompt,
  shapeError,
  textOf,
} from './shapes.ts';
import type { DatasetSource } from './source.ts';
import { checkExample } from './token-limits.ts';

/** A completion and whether it is wanted; and the same prompt with the completion of another row. */
export interface UnpairedExample {
  ids: Int32Array;
  /** First token of the completion. */
  start: number;
  label: boolean;
  klIds: Int32Array;
  klStart: number;
  /** Summed log-probabilities of the reference model, where the data set brings them. */
  refLogps?: number;
  refKlLogps?: number;
  /** Which row of the data set it comes from, from 1. */
  row?: number;
}

export interface UnpairedOptions extends ReadPreferenceOptions {
  /** `per_device_train_batch_size`: completions are exchanged inside blocks of so many rows. */
  batchSize: number;
  /** Exchange completions for the KL term. `apo_zero_unpaired` has none. Default true. */
  kl?: boolean;
  /** The rows are held out for evaluation: errors say so. */
  heldOut?: boolean;
}

/** Completions that are wanted or not, in memory. */
export interface UnpairedData {
  examples: UnpairedExample[];
  report: PreferenceReport;
}

type Encoded = Pick<UnpairedExample, 'label' | 'refLogps' | 'refKlLogps' | 'row'> & {
  prompt: number[];
  answer: number[];
};

// Of datasets.map, in which TRL takes pairs apart.
const pairsAtOnce = 1000;

/**
 * Reads and encodes completions that are wanted or not by the rules of TRL's KTOTrainer. Pairs become all chosen, then
 * all rejected, 1000 rows at a time. Rows whose prompt fills `maxLength` are left out; then, in each
 * block of a batch's rows, every prompt is also given the completion of the row before it.
 *
 * @throws AttuneError `kto-batch-too-small`, `kto-one-kind`, `data-shape-unknown`,
 * `data-shapes-mixed`, `preference-empty-completion`, `preference-number-invalid`, `data-all-dropped`
 * @see https://huggingface.co/docs/trl/kto_trainer
 */
export async function prepareUnpaired(
  sources: DatasetSource,
  tokenizer: Tokenizer,
  options: UnpairedOptions,
): Promise<UnpairedData> {
  const { batchSize, kl = true, maxLength = 1024 } = options;
  if (kl && !(batchSize > 1)) {
    throw new AttuneError(
      'kto-batch-too-small',
      `KTO estimates its KL term from other rows of the same batch, but per_device_train_batch_size is ${batchSize}.`,
      'Set per_device_train_batch_size to 2 or more, or loss_type to apo_zero_unpaired.',
    );
  }
  const report = newPreferenceReport();
  const limit = maxLength ?? Number.POSITIVE_INFINITY;
  const encoded: Encoded[] = [];
  let waiting: Encoded[] = [];
  let pairs = 0;
  const keep = (list: Encoded[], row: Encoded): void => {
    if (row.prompt.length >= limit) report.dropped++;
    else {
      report.tokens += Math.min(limit, row.prompt.length + row.answer.length);
      list.push(row);
    }
  };
  await eachRow(sources, options, report, (row, number) => {
    const { type } = detectShape(row);
    if (type === 'preference') {
      const { prompt, chosen, rejected } = pairColumns(row);
      keep(encoded, encode(prompt, chosen, true));
      keep(waiting, encode(prompt, rejected, false));
      if (canonicalJson(row.chosen) === canonicalJson(row.rejected)) report.identical++;
      if (++pairs % pairsAtOnce === 0) {
        encoded.push(...waiting);
        waiting = [];
      }
    } else {
      const chat = isConversation(row.prompt);
      const read = (column: string) => (chat ? messagesOf(row, column) : textOf(row, column));
      keep(encoded, encode(read('prompt'), read('completion'), labelOf(row)));
    }

    function encode(
      prompt: string | ChatMessage[],
      completion: string | ChatMessage[],
      label: boolean,
    ): Encoded {
      const made = encodeCompletion(prompt, completion, label, row, tokenizer, report);
      return { ...made, row: number };
    }
  });
  encoded.push(...waiting);
  if (encoded.length === 0) throw noneLeft(report, maxLength);
  report.kept = encoded.length;
  report.desirable = encoded.filter(({ label }) => label).length;
  report.undesirable = encoded.length - report.desirable;
  if (report.desirable === 0 || report.undesirable === 0) {
    throw oneKind(report, options.heldOut === true);
  }
  if (kl && encoded.length % batchSize === 1) report.klMatched = 1;
  const examples = encoded.map((row, i) => {
    const { prompt, answer, ...rest } = row;
    const other = kl ? encoded[before(i, batchSize, encoded.length)]! : row;
    if (prompt.length + answer.length > limit) report.truncated++;
    return {
      ids: join(prompt, answer, limit),
      start: prompt.length,
      klIds: join(prompt, other.answer, limit),
      klStart: prompt.length,
      ...rest,
    };
  });
  const { limits } = options;
  if (limits) for (const [i, example] of examples.entries()) checkExample(example, limits, i);
  return { examples, report };
}

/** The row before, or for the first of a block its last. */
function before(row: number, block: number, rows: number): number {
  return row % block === 0 ? Math.min(row + block, rows) - 1 : row - 1;
}

function join(prompt: number[], answer: number[], limit: number): Int32Array {
  return Int32Array.from([...prompt, ...answer].slice(0, limit));
}

function encodeCompletion(
  prompt: string | ChatMessage[],
  completion: string | ChatMessage[],
  label: boolean,
  row: Row,
  tokenizer: Tokenizer,
  report: PreferenceReport,
): Encoded {
  const { ids, start, crossed } = encodeAnswer(prompt, completion, row, tokenizer);
  if (ids.length <= start) throw emptyAnswer();
  report.rows++;
  report.longest = Math.max(report.longest, ids.length);
  if (repeatsPrompt(prompt, completion)) report.promptsRepeated++;
  else if (crossed) report.promptsCrossed++;
  if (isEmptyAnswer(completion)) report.emptyCompletions++;
  const refLogps = numberOf(row, 'ref_logps');
  const refKlLogps = numberOf(row, 'ref_KL_logps');
  return {
    prompt: ids.slice(0, start),
    answer: ids.slice(start),
    label,
    ...(refLogps !== undefined && { refLogps }),
    ...(refKlLogps !== undefined && { refKlLogps }),
  };
}

function labelOf(row: Row): boolean {
  const { label } = row;
  if (typeof label === 'boolean') return label;
  if (label === 0 || label === 1) return label === 1;
  const wanted = ['unpaired-preference', 'preference'] as const;
  throw shapeError(row, 'has no label that says whether the answer is wanted', wanted);
}

function oneKind({ desirable, kept }: PreferenceReport, heldOut: boolean): AttuneError {
  return new AttuneError(
    'kto-one-kind',
    `All ${kept} ${heldOut ? 'held-out rows' : 'rows'} are ${desirable ? 'desirable' : 'undesirable'}: KTO learns from the difference.`,
    heldOut
      ? 'Hold out more rows (test_split_size), or name an eval_dataset with both labels.'
      : 'Add rows of the other label; completions that are only good can be trained with SFT.',
  );
}
