import { AttuneError } from '@attune/gpu';
import { printable } from './printable.ts';

export type DataFormat = 'jsonl' | 'json' | 'csv' | 'tsv' | 'parquet' | 'arrow' | 'arrow-stream';

const endings: Record<string, DataFormat> = {
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  csv: 'csv',
  tsv: 'tsv',
  parquet: 'parquet',
  arrow: 'arrow',
  feather: 'arrow',
  ipc: 'arrow',
};

/** Endings of files that hold rows, packed or not: what is looked for in folders and on the hub. */
export const dataEndings = [...Object.keys(endings), 'json'];

/** A name without the ending of its packing. */
export const unpackedName = (name: string): string => name.replace(/\.(gz|gzip|zst|zstd)$/i, '');

const endingOf = (name: string): string => {
  const plain = unpackedName(name);
  return plain.slice(plain.lastIndexOf('.') + 1).toLowerCase();
};

/** Whether a name is that of a file with rows. */
export const isDataFile = (name: string): boolean => dataEndings.includes(endingOf(name));

/**
 * What format a file has: by its first bytes where they are a mark, by its ending, by its first
 * character.
 *
 * @throws AttuneError `data-format-unsupported`, `data-format-unknown`, `data-not-downloaded`
 */
export function formatOf(start: Uint8Array, name: string): DataFormat {
  const marked = markOf(start, name);
  if (marked) return marked;
  const ending = endingOf(name);
  const known = endings[ending];
  if (known) return known;
  const text = textOf(start);
  if (text.startsWith('[')) return 'json';
  // A .json file may hold an array or, as Hugging Face's reader also takes it, an object a line.
  if (text.startsWith('{')) return looksLikeLines(text) ? 'jsonl' : 'json';
  if (ending === 'json' || text === '') return 'jsonl';
  throw new AttuneError(
    'data-format-unknown',
    `What format ${name} has is not clear from its name or its beginning: ${printable(text, 40)}`,
    'Name it .jsonl, .json, .csv, .tsv, .parquet or .arrow, or give the format.',
  );
}

const textOf = (start: Uint8Array): string =>
  new TextDecoder().decode(start.subarray(0, 4096)).trimStart();

/** Formats that are known by their first bytes (in hexadecimal) and not read, with the way to what is. */
const foreign: [string, string, string][] = [
  ['504b0304', 'a zip archive (or a spreadsheet, .xlsx)', 'Unzip it; save a spreadsheet as CSV.'],
  ['377abcaf271c', 'a 7z archive', 'Unpack it first.'],
  ['fd377a585a00', 'packed with xz', 'Unpack it first: `unxz FILE`.'],
  ['425a68..314159265359', 'packed with bzip2', 'Unpack it first: `bunzip2 FILE`.'],
  ['04224d18', 'packed with lz4', 'Unpack it first: `lz4 -d FILE`.'],
  ['4f626a01', 'Avro', 'Convert it to Parquet or JSONL.'],
  ['4f5243[01].', 'ORC', 'Convert it to Parquet or JSONL.'],
  [
    '46454131',
    'Feather of version 1',
    'Write it again with a current pandas: df.to_feather(FILE).',
  ],
  ['50415245', 'Parquet with an encrypted footer', 'Write it without encryption.'],
  ['53514c69746520666f726d61742033', 'an SQLite database', 'Export the table as CSV or JSONL.'],
  ['894844460d0a1a0a', 'HDF5', 'Export the rows as JSONL.'],
  ['934e554d5059', 'a NumPy array', 'Export the rows as JSONL.'],
  ['25504446', 'a PDF', 'Extract its text into rows of {"text": "…"}.'],
  ['(fffe|feff)', 'text in UTF-16', 'Save the file as UTF-8; Windows programs often write UTF-16.'],
  ['800[2-5]', 'a Python pickle, which runs code when it is read', 'Export the rows as JSONL.'],
];

function markOf(start: Uint8Array, name: string): DataFormat | undefined {
  const hex = Array.from(start.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
  if (hex.startsWith('50415231')) return 'parquet';
  if (hex.startsWith('4152524f5731')) return 'arrow';
  // 0xffffffff and the length of the first message, which is small.
  if (/^ffffffff....0000/.test(hex)) return 'arrow-stream';
  const found = foreign.find(([mark]) => new RegExp(`^${mark}`).test(hex));
  if (found) {
    throw new AttuneError(
      'data-format-unsupported',
      `${name} is ${found[1]}, which is not read here.`,
      found[2],
    );
  }
  const text = textOf(start);
  if (text.startsWith('version https://git-lfs.github.com/')) {
    throw new AttuneError(
      'data-not-downloaded',
      `${name} is a pointer of Git LFS: the data themselves were not downloaded.`,
      'Run `git lfs pull` in the folder, or download the file from its page.',
    );
  }
  if (/^(<!doctype html|<html)/i.test(text)) {
    throw new AttuneError(
      'data-not-downloaded',
      `${name} is a web page, not data.`,
      'Download the file itself: on the hub, the address with /resolve/ in place of /blob/.',
    );
  }
  return undefined;
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
