import { AttuneError } from '@attune/gpu';
import type { Tokenizer } from '@attune/tokenizer';
import type { EncodeExampleOptions, EncodeReport, Example } from './encode-example.ts';
import { encodeExample, newReport } from './encode-example.ts';
import type { PackingStrategy } from './packing.ts';
import { packExamples } from './packing.ts';
import { permutation } from './philox.ts';
import type { ReadOptions, Row } from './read-rows.ts';
import { readAllRows } from './read-rows.ts';
import { detectShape } from './shapes.ts';
import type { Source } from './source.ts';

/** How rows become training sequences: TRL's keys, in camelCase. */
export interface DatasetOptions extends Omit<EncodeExampleOptions, 'report'>, ReadOptions {
  packingStrategy?: PackingStrategy;
  /** Shuffle the rows, before packing too. Default false. */
  shuffleDataset?: boolean;
  seed?: number;
  signal?: AbortSignal | undefined;
  /** Called now and then with the rows read so far. */
  onProgress?: (rows: number) => void;
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

/** Rows between two looks at the caller's signal. */
export const rowsPerBreath = 256;

/**
 * Reads, encodes and packs a data set into memory.
 *
 * @throws AttuneError those of {@link readAllRows} and {@link encodeExample}; `data-all-masked` where
 * nothing is left to train; `data-too-large`
 */
export async function prepareDataset(
  sources: readonly Source[] | AsyncIterable<Row> | Iterable<Row>,
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
  if (encoded.length === 0) throw nothingLeft(report, options);
  const { packing, packingStrategy = 'bfd', shuffleDataset, seed = 42 } = options;
  const shuffled = (list: Example[], stream: number): Example[] =>
    shuffleDataset ? Array.from(permutation(list.length, seed, stream), (i) => list[i]!) : list;
  if (!packing) return { examples: shuffled(encoded, shuffleStream), report };
  const examples: Example[] = [];
  const order = shuffled(encoded, shuffleStream);
  for await (const packed of packExamples(order, lengthOf(options), packingStrategy)) {
    examples.push(packed);
  }
  return { examples: shuffled(examples, shuffleStream + 1), report };
}

// Streams of the generator apart from the epochs' 0, 1, 2, …
const shuffleStream = 0xffff0000;

/**
 * A data set that is encoded as it is read, for files larger than memory. Sources must be such that
 * they can be opened again: paths, blobs, or `{ name, open }`.
 */
export function streamDataset(
  sources: readonly Source[],
  tokenizer: Tokenizer,
  options: DatasetOptions = {},
): DatasetStream {
  const stream: DatasetStream = {
    report: newReport(),
    async *open() {
      const report = newReport();
      stream.report = report;
      const encoded = encodeRows(readAllRows(sources, options), tokenizer, options, report);
      const { packing, packingStrategy = 'bfd' } = options;
      let given = 0;
      for await (const example of packing
        ? packExamples(encoded, lengthOf(options), packingStrategy)
        : encoded) {
        given++;
        yield example;
      }
      if (given === 0) throw nothingLeft(report, options);
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
  let number = 0;
  let first: string | undefined;
  for await (const row of rows) {
    number++;
    try {
      const { type, conversational } = detectShape(row, options);
      const shape = `${conversational ? 'conversational' : 'plain'} ${type}`;
      first ??= shape;
      if (shape !== first) throw mixed(shape, first);
      const example = encodeExample(row, tokenizer, { ...options, report });
      if (example) yield example;
    } catch (cause) {
      throw cause instanceof AttuneError ? inRow(number, cause) : cause;
    }
    if (number % rowsPerBreath === 0) {
      options.signal?.throwIfAborted();
      options.onProgress?.(number);
    }
  }
}

/** Rows of files, or the rows themselves. */
export function rowsOf(
  sources: readonly Source[] | AsyncIterable<Row> | Iterable<Row>,
  options: ReadOptions,
): AsyncIterable<Row> | Iterable<Row> {
  const isSources = (list: unknown): list is readonly Source[] =>
    Array.isArray(list) &&
    list.every((x) => typeof x === 'string' || x instanceof Blob || typeof x.open === 'function');
  return isSources(sources)
    ? readAllRows(sources, options)
    : (sources as AsyncIterable<Row> | Iterable<Row>);
}

function lengthOf({ maxLength = 1024 }: DatasetOptions): number {
  // packBlock names the fault of a missing length.
  return maxLength ?? Number.NaN;
}

/** The same error, with the number of its row. */
export function inRow(number: number, cause: AttuneError): AttuneError {
  return new AttuneError(cause.code, `Row ${number}: ${cause.message}`, cause.remedy, { cause });
}

/** The error of a row whose shape is not that of the first. */
export function mixed(shape: string, first: string): AttuneError {
  return new AttuneError(
    'data-shapes-mixed',
    `This row is ${shape} data, the first row is ${first} data.`,
    'Write all rows of a data set in one shape.',
  );
}

function nothingLeft(report: EncodeReport, { maxLength = 1024 }: DatasetOptions): AttuneError {
  return new AttuneError(
    'data-all-masked',
    `None of the ${report.rows} rows leaves anything to train: cut to max_length ${maxLength}, ${report.dropped} have no trained token; the longest row has ${report.longest} tokens.`,
    'Raise max_length above the length of the prompts, or check which tokens the masks train.',
  );
}
