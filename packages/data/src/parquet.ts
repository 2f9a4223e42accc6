import { AttuneError } from '@attune/gpu';
import { checkPages } from './parquet-pages.ts';
import type { Row } from './read-rows.ts';
import type { ByteFile } from './source.ts';

const rowsAtOnce = 1_000;

/**
 * Rows of a Parquet file, a row group at a time. Needs the optional peer `hyparquet`, and
 * `hyparquet-compressors` for codecs other than Snappy.
 *
 * @throws AttuneError `parquet-reader-missing`, `data-broken-parquet`
 */
export async function* parseParquet(file: ByteFile, name: string): AsyncGenerator<Row> {
  const { parquetMetadataAsync, parquetReadObjects } = await loadReader();
  const compressors = await loadCompressors();
  try {
    const metadata = await parquetMetadataAsync(file);
    const rows = Number(metadata.num_rows);
    await checkPages(file, metadata);
    for (let start = 0; start < rows; start += rowsAtOnce) {
      const rowEnd = Math.min(rows, start + rowsAtOnce);
      const part = await parquetReadObjects({
        file,
        metadata,
        compressors,
        rowStart: start,
        rowEnd,
      });
      for (const row of part) yield plain(row) as Row;
    }
  } catch (cause) {
    if (cause instanceof AttuneError) throw cause;
    throw new AttuneError(
      'data-broken-parquet',
      `${name} cannot be read as Parquet: ${(cause as Error).message}.`,
      'Check that the download is whole, or write the data as JSONL.',
      { cause },
    );
  }
}

async function loadReader(): Promise<typeof import('hyparquet')> {
  try {
    return await import('hyparquet');
  } catch (cause) {
    throw new AttuneError(
      'parquet-reader-missing',
      'Parquet files need the package hyparquet, which is not installed.',
      'Run `npm install hyparquet`, or write the data as JSONL.',
      { cause },
    );
  }
}

async function loadCompressors() {
  try {
    // Optional: without it hyparquet reads uncompressed and Snappy files.
    const name: string = 'hyparquet-compressors';
    return (await import(/* @vite-ignore */ name)).compressors;
  } catch {
    return undefined;
  }
}

/** Parquet's 64-bit integers come as BigInt; rows hold what JSON could. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plain(field)]));
  }
  return value;
}
