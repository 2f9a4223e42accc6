import { AttuneError } from '@attune/gpu';
import type { Tokenizer } from '@attune/tokenizer';
import { interruptible } from './breathe.ts';
import type { EncodeExampleOptions, Example } from './encode-example.ts';
import { encodeExample } from './encode-example.ts';
import type { EncodeReport } from './encode-report.ts';
import { newReport } from './encode-report.ts';
import { numpyPermutation } from './numpy-random.ts';
import { packExamples } from './packing.ts';
import type { ReadOptions, Row } from './read-rows.ts';
import { readAllRows } from './read-rows.ts';
import { isEmptyRow, shapeName } from './shapes.ts';
import { shuffleThrough } from './shuffle-buffer.ts';
import type { DatasetSource, Source } from './source.ts';
import { isSource } from './source.ts';
import type { TokenLimits } from './token-limits.ts';
import { checkExample } from './token-limits.ts';

/** How rows become training sequences: TRL's keys, in camelCase. */
export interface DatasetOptions
  extends Omit<EncodeExampleOptions, 'report'>,
    Omit<ReadOptions, 'datasetTextField'> {
  /** Shuffle the rows, before packing too. Default false. */
  shuffleDataset?: boolean;
  seed?: number;
  /** What the model can take: rows beyond it are refused with their number. */
  limits?: TokenLimits | undefined;
  signal?: AbortSignal | undefined;
  /** Called now and then with the rows read so far. */
  onProgress?: (rows: number) => void;
  /** Called when all rows were read: of a stream, at the end of each pass. */
  onReport?: (report: EncodeReport) => void;
}

/** Sequences in memory. */
export interface Dataset {
  examples: Example[];
  report: EncodeReport;
}

/** Sequences that are read and encoded anew each time they are opened. */
export interface DatasetStream<E = Example> {
  open(): AsyncIterable<E>;
  /** Counts of the last or present opening. */
  report: EncodeReport;
}

/** Tokens held in memory at most: about two gigabytes of ids and labels. */
export const tokensInMemory = 2 ** 28;

/** Rows between two words on the progress. */
export const rowsPerWord = 256;

/**
 * Reads, encodes and packs a data set into memory. Shuffled, the order is that of `datasets.shuffle` with
 * the same seed.
 *
 * @throws AttuneError those of {@link readAllRows}, {@link encodeExample} and {@link checkExample};
 * `data-all-masked` where nothing is left to train; `data-too-large`
 */
export async function prepareDataset(
  sources: DatasetSource,
  tokenizer: Tokenizer,
  options: DatasetOptions = {},
): Promise<Dataset> {
  const report = newReport();
  const encoded: Example[] = [];
  let tokens = 0;
  for await (const example of encodeRows(rowsOf(sources, options), tokenizer, options, report)) {
    encoded.push(example);
    tokens += example.inputIds.length;
    if (tokens > tokensInMemory) {
      throw new AttuneError(
        'data-too-large',
        `The data set has more than ${tokensInMemory} tokens (${report.rows} rows read so far), too many to hold in memory.`,
        'Set streaming: true, so that rows are encoded as they are needed.',
      );
    }
  }
  if (report.trainedTokens === 0) throw nothingLeft(report, options);
  const { packing, packingStrategy = 'bfd', shuffleDataset, seed = 42 } = options;
  const shuffled = (list: Example[]): Example[] =>
    shuffleDataset ? Array.from(numpyPermutation(list.length, seed), (i) => list[i]!) : list;
  let examples = shuffled(encoded);
  if (packing) {
    const packed: Example[] = [];
    for await (const example of packExamples(examples, lengthOf(options), packingStrategy)) {
      packed.push(example);
    }
    examples = shuffled(packed);
  }
  options.onReport?.(report);
  return { examples, report };
}

/** A stream of the generator apart from the epochs' 0, 1, 2, … */
const shuffleStream = 0xffff0000;
/** Rows among which a stream is shuffled before packing. */
const shuffleBuffer = 1000;

/**
 * A data set that is encoded as it is read, for files larger than memory. Sources must be such that
 * they can be opened again: paths, blobs, `{ name, open }`, or rows as `{ name, rows }`.
 */
export function streamDataset(
  sources: Source | readonly Source[],
  tokenizer: Tokenizer,
  options: DatasetOptions = {},
): DatasetStream {
  const { packing, packingStrategy = 'bfd', shuffleDataset, seed = 42 } = options;
  const stream: DatasetStream = {
    report: newReport(),
    async *open() {
      const report = newReport();
      stream.report = report;
      const rows = readAllRows(isSource(sources) ? [sources] : sources, options);
      const encoded = encodeRows(rows, tokenizer, options, report);
      const ordered = shuffleDataset
        ? shuffleThrough(encoded, shuffleBuffer, seed, shuffleStream)
        : encoded;
      yield* packing ? packExamples(ordered, lengthOf(options), packingStrategy) : ordered;
      if (report.trainedTokens === 0) throw nothingLeft(report, options);
      options.onReport?.(report);
    },
  };
  return stream;
}

async function* encodeRows(
  rows: AsyncIterable<Row> | Iterable<Row>,
  tokenizer: Tokenizer,
  options: DatasetOptions,
  report: EncodeReport,
): AsyncGenerator<Example> {
  const sameShape = shapeCheck(options);
  const limits = options.limits && limitsBeforePacking(options.limits, options);
  for await (const { row, number } of numberedRows(rows, options)) {
    let example: Example | undefined;
    try {
      sameShape(row);
      example = encodeExample(row, tokenizer, { ...options, report });
    } catch (cause) {
      throw inRow(number, cause);
    }
    if (!example) continue;
    example.row = number;
    if (limits) checkExample(example, limits, number - 1);
    yield example;
  }
}

/** Rows that packing cuts into pieces may be longer than the model's positions; their pieces are not. */
function limitsBeforePacking(limits: TokenLimits, options: DatasetOptions): TokenLimits {
  const { packing, packingStrategy = 'bfd' } = options;
  if (!packing || packingStrategy === 'bfd') return limits;
  const { maxPositions = Number.POSITIVE_INFINITY, vocabSize } = limits;
  const length = lengthOf(options);
  if (length <= maxPositions) return { vocabSize };
  throw new AttuneError(
    'data-beyond-positions',
    `Rows are packed to max_length ${length}; the model has ${maxPositions} positions.`,
    `Set max_length to ${maxPositions} or less.`,
  );
}

/** Rows with their numbers, from 1; ends at once when the signal is aborted. */
export async function* numberedRows(
  rows: AsyncIterable<Row> | Iterable<Row>,
  { signal, onProgress }: Pick<DatasetOptions, 'signal' | 'onProgress'>,
): AsyncGenerator<{ row: Row; number: number }> {
  let number = 0;
  for await (const row of interruptible(rows, signal)) {
    number++;
    yield { row, number };
    if (number % rowsPerWord === 0) onProgress?.(number);
  }
}

/** Refuses rows of another shape than the first that is not empty. */
export function shapeCheck(options: ReadOptions): (row: Row) => void {
  let first: string | undefined;
  return (row) => {
    if (isEmptyRow(row, options)) return;
    const shape = shapeName(row, options);
    first ??= shape;
    if (shape !== first) throw mixed(shape, first);
  };
}

/** Rows of files, or the rows themselves. */
export function rowsOf(
  sources: DatasetSource,
  options: ReadOptions,
): AsyncIterable<Row> | Iterable<Row> {
  if (isSource(sources)) return readAllRows([sources], options);
  const isSources = (list: unknown): list is readonly Source[] =>
    Array.isArray(list) && list.every(isSource);
  return isSources(sources)
    ? readAllRows(sources, options)
    : (sources as AsyncIterable<Row> | Iterable<Row>);
}

function lengthOf({ maxLength = 1024 }: DatasetOptions): number {
  // packBlock names the fault of a missing length.
  return maxLength ?? Number.NaN;
}

/** An error of our own with the number of its row; others as they are. */
export function inRow(number: number, cause: unknown): unknown {
  if (!(cause instanceof AttuneError)) return cause;
  return new AttuneError(cause.code, `Row ${number}: ${cause.message}`, cause.remedy, { cause });
}

/** The error of a row whose shape is not that of the first. */
function mixed(shape: string, first: string): AttuneError {
  return new AttuneError(
    'data-shapes-mixed',
    `This row is ${shape} data, the first row is ${first} data.`,
    'Write all rows of a data set in one shape.',
  );
}

function nothingLeft(report: EncodeReport, { maxLength = 1024 }: DatasetOptions): AttuneError {
  const { rows, empty, dropped, longest } = report;
  if (rows === empty) {
    return new AttuneError(
      'data-empty',
      rows === 0 ? 'There are no rows.' : `All ${rows} rows are empty.`,
      'Check that the right file and columns are named.',
    );
  }
  const cut = dropped > 0 ? `cut to max_length ${maxLength}, ${dropped} have` : 'they have';
  return new AttuneError(
    'data-all-masked',
    `None of the ${rows} rows leaves anything to train: ${cut} no trained token; the longest row has ${longest} tokens.`,
    'Raise max_length above the length of the prompts, or check which tokens the masks train.',
  );
}
