import { AttuneError } from '@attune/gpu';
import { parseCsv } from './csv.ts';
import { parseJsonArray, parseJsonLines } from './json.ts';
import { readLines } from './lines.ts';
import { parseParquet } from './parquet.ts';
import type { Source } from './source.ts';
import { openFile, readBytes, sourceName } from './source.ts';

/** A row of a dataset: named fields, as JSON has them. */
export type Row = Record<string, unknown>;

export type DataFormat = 'jsonl' | 'json' | 'csv' | 'tsv' | 'parquet';

export interface ReadOptions {
  /** Default: by the name's ending, else by the first byte. */
  format?: DataFormat | undefined;
}

const endings: Record<string, DataFormat> = {
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  csv: 'csv',
  tsv: 'tsv',
  parquet: 'parquet',
};

/**
 * Rows of a file, one at a time. JSONL, CSV and Parquet are streamed: memory does not grow with the
 * file. JSON arrays are read whole.
 *
 * @throws AttuneError `data-missing`, `data-unreadable`, `data-empty`, `invalid-json`,
 * `data-row-not-object`, `data-broken-csv`, `data-broken-parquet`, `invalid-utf8`,
 * `data-line-too-long`, `data-format-unknown`, `parquet-reader-missing`
 */
export async function* readRows(source: Source, options: ReadOptions = {}): AsyncGenerator<Row> {
  const name = sourceName(source);
  let empty = true;
  for await (const row of openRows(source, name, options.format ?? (await guess(source, name)))) {
    empty = false;
    yield row;
  }
  if (empty) {
    throw new AttuneError(
      'data-empty',
      `${name} holds no rows.`,
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

async function* openRows(source: Source, name: string, format: DataFormat): AsyncGenerator<Row> {
  switch (format) {
    case 'jsonl':
      return yield* parseJsonLines(readLines(readBytes(source), name), name);
    case 'json':
      return yield* parseJsonArray(readBytes(source), name);
    case 'csv':
    case 'tsv':
      return yield* parseCsv(readBytes(source), name, format === 'tsv' ? '\t' : ',');
    case 'parquet': {
      const file = await openFile(source);
      try {
        return yield* parseParquet(file, name);
      } finally {
        await file.close();
      }
    }
  }
}

// A .json file may hold an array or, as Hugging Face's reader also takes it, an object a line.
async function guess(source: Source, name: string): Promise<DataFormat> {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  const known = endings[ending];
  if (known) return known;
  const start = await firstBytes(source);
  if (start.startsWith('PAR1')) return 'parquet';
  const text = start.replace(/^\uFEFF/, '').trimStart();
  if (text.startsWith('[')) return 'json';
  if (text.startsWith('{')) return looksLikeLines(text) ? 'jsonl' : 'json';
  if (ending === 'json' || text === '') return 'jsonl';
  throw new AttuneError(
    'data-format-unknown',
    `What format ${name} has is not clear from its name or its beginning: ${text.slice(0, 40)}`,
    'Name it .jsonl, .json, .csv, .tsv or .parquet, or give the format.',
  );
}

function looksLikeLines(text: string): boolean {
  const end = text.indexOf('\n');
  // A first line longer than what was looked at is a row, not the opening of a printed object.
  if (end < 0) return true;
  try {
    JSON.parse(text.slice(0, end));
    return true;
  } catch {
    // `{` or `{"data": [` alone on the first line opens an object that goes on.
    return !/[{[,]\s*$/.test(text.slice(0, end));
  }
}

async function firstBytes(source: Source): Promise<string> {
  for await (const chunk of readBytes(source)) {
    if (chunk.length) return new TextDecoder().decode(chunk.subarray(0, 4096));
  }
  return '';
}
