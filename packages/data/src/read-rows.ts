import { AttuneError } from '@attune/gpu';
import { parseArrow } from './arrow.ts';
import { arrowFileParts } from './arrow-file.ts';
import { arrowStreamParts } from './arrow-messages.ts';
import { parseCsv } from './csv.ts';
import { compressionOf, decompress } from './decompress.ts';
import { expandPattern, folderFiles, kindOfPath } from './folder.ts';
import { type DataFormat, formatOf } from './format.ts';
import { parseJsonArray, parseJsonLines } from './json.ts';
import { readLines } from './lines.ts';
import { parseParquet } from './parquet.ts';
import type { ByteOrigin, Peeked, Source } from './source.ts';
import { collect, openFile, peek, readBytes, sourceName } from './source.ts';

export type { DataFormat } from './format.ts';

/** A row of a dataset: named fields, as JSON has them. */
export type Row = Record<string, unknown>;

export interface ReadOptions {
  /** Default: by the first bytes, or by the name's ending. */
  format?: DataFormat | undefined;
  /** Which split of a folder. Default `train`. */
  split?: string | undefined;
  /** A column that is text whatever a CSV file holds in it, besides those that the shapes name. */
  datasetTextField?: string | undefined;
}

/**
 * Rows of a file, one at a time. JSONL, CSV, Parquet and Arrow are streamed: memory does not grow with
 * the file, packed with gzip or zstd or not. JSON arrays are read whole. A folder that `save_to_disk`
 * wrote, one of data files, and a path with `*` stand for their files, one after the other.
 *
 * @throws AttuneError `data-missing`, `data-unreadable`, `data-empty`, `invalid-json`,
 * `data-row-not-object`, `data-lone-surrogate`, `data-broken-csv`, `invalid-utf8`,
 * `data-line-too-long`, `data-format-unknown`, `data-format-unsupported`, `data-not-downloaded`,
 * `data-broken-compression`, `data-codec-missing`, `data-split-missing`, `data-folder-empty`, and those
 * of Parquet and Arrow
 */
export async function* readRows(source: Source, options: ReadOptions = {}): AsyncGenerator<Row> {
  let empty = true;
  for await (const row of openRows(source, options)) {
    empty = false;
    yield row;
  }
  if (empty) {
    throw new AttuneError(
      'data-empty',
      `${sourceName(source)} holds no rows.`,
      'Check that it is the right file and that it was written to the end.',
    );
  }
}

/** Rows of several files, one after the other. */
export async function* readAllRows(
  sources: readonly Source[],
  options: ReadOptions = {},
): AsyncGenerator<Row> {
  for (const source of sources) yield* readRows(source, options);
}

async function* openRows(source: Source, options: ReadOptions): AsyncGenerator<Row> {
  if (typeof source === 'string') {
    const kind = kindOfPath(source);
    const files =
      kind === 'folder'
        ? folderFiles(source, options.split)
        : kind === 'pattern'
          ? expandPattern(source)
          : undefined;
    if (files) {
      for (const file of files) yield* openBytes(file, options);
      return;
    }
  } else if (!(source instanceof Blob) && 'rows' in source) {
    return yield* source.rows();
  }
  yield* openBytes(source, options);
}

async function* openBytes(source: ByteOrigin, options: ReadOptions): AsyncGenerator<Row> {
  const name = sourceName(source);
  const { packed, bytes } = await unpacked(source, name);
  let format: DataFormat;
  try {
    format = options.format ?? formatOf(bytes.start, name);
  } catch (error) {
    await bytes.close();
    throw error;
  }
  switch (format) {
    case 'jsonl':
      return yield* parseJsonLines(readLines(bytes.whole, name), name);
    case 'json':
      return yield* parseJsonArray(bytes.whole, name);
    case 'arrow-stream':
      return yield* parseArrow(arrowStreamParts(bytes.whole), name);
    case 'csv':
    case 'tsv':
      await bytes.close();
      return yield* parseCsv(() => again(source, name), name, {
        ...(format === 'tsv' && { delimiter: '\t' }),
        textColumn: options.datasetTextField,
      });
    case 'arrow':
    case 'parquet': {
      if (!packed) await bytes.close();
      const file = await openFile(packed ? await collect(bytes.whole) : source);
      try {
        return yield* format === 'arrow'
          ? parseArrow(arrowFileParts(file), name)
          : parseParquet(file, name);
      } finally {
        await file.close();
      }
    }
  }
}

/** The bytes of a file without its packing, of which the beginning has been looked at. */
async function unpacked(
  source: ByteOrigin,
  name: string,
): Promise<{ packed: boolean; bytes: Peeked }> {
  const bytes = await peek(readBytes(source));
  const compression = compressionOf(bytes.start);
  if (!compression) return { packed: false, bytes };
  return { packed: true, bytes: await peek(decompress(bytes.whole, compression, name)) };
}

async function* again(source: ByteOrigin, name: string): AsyncGenerator<Uint8Array> {
  yield* (await unpacked(source, name)).bytes.whole;
}
