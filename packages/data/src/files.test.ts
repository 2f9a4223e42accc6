import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { AttuneError } from '@attune/gpu';
import { Tokenizer } from '@attune/tokenizer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderSplits } from './folder.ts';
import type { ReadOptions, Row } from './read-rows.ts';
import { readRows } from './read-rows.ts';
import { messagesOf } from './shapes.ts';
import type { Source } from './source.ts';

const fixture = (name: string) =>
  fileURLToPath(new URL(`../fixtures/files/${name}`, import.meta.url));
const bytesOf = (name: string) => new Uint8Array(readFileSync(fixture(name)));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-files-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
  return path;
}

async function all(source: Source, options: ReadOptions = {}): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of readRows(source, options)) rows.push(row);
  return rows;
}

async function failure(source: Source, options: ReadOptions = {}): Promise<AttuneError> {
  const error = await all(source, options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AttuneError);
  return error as AttuneError;
}

/** The rows of rows.json; `big` has digits beyond 2^53, which JSON.parse would round. */
const expected = JSON.parse(
  readFileSync(fixture('rows.json'), 'utf8').replace(/"big": (\d+)/g, '"big": "$1"'),
).map((row: Row) => ({ ...row, big: BigInt(row.big as string) }));

describe('Parquet', () => {
  it.each([
    'zstd.parquet',
    'gzip.parquet',
    'brotli.parquet',
    'lz4.parquet',
    'pages-2.parquet',
    'polars.parquet',
  ])(
    '%s is read with its nested lists, structs, nulls and whole numbers beyond 2^53',
    async (name) => {
      expect(await all(fixture(name))).toEqual(expected);
      expect(await all(new Blob([bytesOf(name)]))).toEqual(expected);
    },
  );

  it('of no rows says that it holds none', async () => {
    const error = await failure(fixture('zero.parquet'));
    expect(error.code).toBe('data-empty');
    expect(error.message).toContain('holds no rows');
  });

  it('of one value 300,000 times is whole, and read within seconds', async () => {
    let count = 0;
    for await (const { text } of readRows(fixture('constant.parquet')))
      if (text === 'same') count++;
    expect(count).toBe(300_000);
  }, 10_000);

  it('in an unread packing is unsupported, not broken', async () => {
    // LZO is number 3 of the packings; zstd, 6, stands once for each column in the index.
    const bytes = bytesOf('zstd.parquet');
    const text = Buffer.from(bytes).toString('latin1');
    // Thrift: field of an enum (0x15), zigzag: 12 is zstd, 6 is LZO; behind it the count of values, 8.
    const patched = Buffer.from(text.replaceAll('\x15\x0c\x16\x10', '\x15\x06\x16\x10'), 'latin1');
    expect(patched.equals(Buffer.from(bytes))).toBe(false);
    const error = await failure(new Blob([patched]));
    expect(error.code).toBe('data-unsupported-parquet');
    expect(error.message).toContain('LZO');
    expect(error.remedy).not.toContain('whole');
  });
});

describe('Arrow', () => {
  it.each([
    'stream.arrow',
    'file.arrow',
    'lz4.feather',
    'zstd.feather',
    'polars.arrow',
    'polars-zstd.arrow',
  ])('%s is read', async (name) => {
    expect(await all(fixture(name))).toEqual(expected);
    expect(await all(new Blob([bytesOf(name)]))).toEqual(expected);
  });

  it('is read with dictionaries, views of text, and packed buffers longer than a block', async () => {
    expect((await all(fixture('dictionary.arrow'))).map(({ kind }) => kind)).toEqual([
      'x',
      'y',
      'x',
      null,
    ]);
    expect((await all(fixture('views.arrow'))).map(({ s }) => s)).toEqual([
      'short',
      'a string beyond twelve bytes',
      null,
    ]);
    const long = await all(fixture('long.feather'));
    expect(long.map(({ text }) => text)).toEqual(
      [0, 1, 2].map((i) => `${i} ${'word '.repeat(30_000)}`),
    );
  });

  it('with a kind of column that is not read names it, and does not call the file broken', async () => {
    const error = await failure(fixture('union.arrow'));
    expect(error.code).toBe('data-unsupported-arrow');
    expect(error.message).toContain('unions in the column u');
  });

  it.each(['stream.arrow', 'file.arrow', 'polars-zstd.arrow', 'lz4.feather', 'dictionary.arrow'])(
    '%s ends, with rows or a named error, whatever bytes are changed or cut off',
    async (name) => {
      const good = bytesOf(name);
      let refused = 0;
      const attempt = async (bytes: Uint8Array<ArrayBuffer>) => {
        try {
          for await (const _ of readRows(new Blob([bytes]), { format: formatOf(name) }));
        } catch (error) {
          expect(error).toBeInstanceOf(AttuneError);
          refused++;
        }
      };
      const step = Math.ceil(good.length / 300);
      for (let at = 0; at < good.length; at += step) {
        for (const value of [0x00, 0x7f, 0xff]) {
          const bytes = good.slice();
          bytes[at] = value;
          await attempt(bytes);
        }
        await attempt(good.slice(0, at));
      }
      expect(refused).toBeGreaterThan(100);
    },
    60_000,
  );
});

const formatOf = (name: string) => (name === 'stream.arrow' ? 'arrow-stream' : 'arrow');

describe('numbers of Parquet and Arrow', () => {
  it.each(['floats.parquet', 'floats.arrow'])(
    'of %s reach chat templates as Python has them',
    async (name) => {
      const text = (file: string) =>
        readFileSync(new URL(`../fixtures/${file}`, import.meta.url), 'utf8');
      const tokenizer = Tokenizer.from({
        tokenizerJson: text('tokenizer.json'),
        tokenizerConfig: text('tokenizer_config.json'),
        chatTemplate: '{{ messages[0].args | tojson }}',
      });
      const [row] = await all(fixture(name));
      expect(tokenizer.renderChat(messagesOf(row!, 'messages'))).toBe(
        '{"x": 1.0, "n": 1, "l": [2.0, 0.5], "big": 2512292042121000001}',
      );
    },
  );
});

describe('a packed file', () => {
  const lines = '{"text": "a"}\n{"text": "é🦊"}\n';
  const rows = [{ text: 'a' }, { text: 'é🦊' }];

  it('is unpacked as it is read, whatever its name says', async () => {
    const packed = gzipSync(lines);
    for (const name of ['rows.jsonl.gz', 'rows.jsonl', 'rows.gz', 'rows']) {
      expect(await all(await write(name, packed))).toEqual(rows);
    }
    expect(await all(await write('rows.json.gz', gzipSync(JSON.stringify(rows))))).toEqual(rows);
    expect(await all(await write('two.jsonl.gz', Buffer.concat([packed, packed])))).toEqual([
      ...rows,
      ...rows,
    ]);
    const table = await write('rows.csv.gz', gzipSync('text;score\na;1\nb;2.5\n'));
    expect(await all(table)).toEqual([
      { text: 'a', score: 1 },
      { text: 'b', score: 2.5 },
    ]);
    expect(await all(await write('p.parquet.gz', gzipSync(bytesOf('zstd.parquet'))))).toEqual(
      expected,
    );
    expect(await all(await write('s.arrow.gz', gzipSync(bytesOf('stream.arrow'))))).toEqual(
      expected,
    );
  });

  it('with zstd too', async () => {
    const read = await all(fixture('lines.jsonl.zst'));
    expect(read.map(({ text }) => text)).toEqual(expected.map(({ text }: Row) => text));
  });

  it('that is cut off says so', async () => {
    const long = gzipSync(`${lines}`.repeat(1000));
    const error = await failure(await write('cut.jsonl.gz', long.subarray(0, long.length - 20)));
    expect(error.code).toBe('data-broken-compression');
    const zstd = bytesOf('lines.jsonl.zst');
    expect(
      (await failure(new Blob([zstd.slice(0, zstd.length - 9)]), { format: 'jsonl' })).code,
    ).toBe('data-broken-compression');
  });
});

describe('a file of another kind', () => {
  it.each([
    ['504b03040a00', 'zip archive'],
    ['fd377a585a0000', 'xz'],
    ['425a6839314159265359', 'bzip2'],
    ['04224d1864', 'lz4'],
    ['4f626a0104', 'Avro'],
    ['4f524301', 'ORC'],
    ['894844460d0a1a0a', 'HDF5'],
    ['53514c69746520666f726d6174203300', 'SQLite'],
    ['50415245', 'encrypted'],
    ['fffe7b00', 'UTF-16'],
    ['80049500', 'pickle'],
    ['255044462d', 'PDF'],
  ])('%s is named, with the way to what is read', async (hex, what) => {
    for (const name of ['rows.jsonl', 'rows.csv', 'rows']) {
      const error = await failure(new File([Buffer.from(hex, 'hex')], name));
      expect(error.code).toBe('data-format-unsupported');
      expect(error.message).toContain(what);
      expect(error.message).not.toMatch(/broken|whole/);
    }
  });

  it('is not taken for one that a word begins like', async () => {
    expect(await all(new File(['ORCID,PDF\na,b\n'], 'rows.csv'))).toEqual([
      { ORCID: 'a', PDF: 'b' },
    ]);
  });

  it('that stands in for the data is named: a pointer of Git LFS, a web page', async () => {
    const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n';
    for (const name of ['train.parquet', 'train.jsonl']) {
      expect((await failure(new File([pointer], name))).message).toContain('Git LFS');
    }
    const page = await failure(new File(['<!DOCTYPE html><html>'], 'rows.jsonl'));
    expect(page.code).toBe('data-not-downloaded');
  });
});

describe('what messages show of a file', () => {
  it('holds nothing that a terminal would obey', async () => {
    const evil = '\u001b]0;x\u0007\u001b[31m\u009b2J\u202e';
    const sources: [string, string][] = [
      ['rows.jsonl', `${evil}{`],
      ['rows.json', `[${evil}`],
      ['rows.json', `"${evil}"`],
      ['rows', evil],
      ['rows.csv', `"a"${evil}\n`],
      ['rows.csv', `${evil},${evil}\n1,2\n`],
      ['rows.jsonl', JSON.stringify(evil)],
    ];
    for (const [name, text] of sources) {
      const error = await failure(new File([text], name));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
      expect(error.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    }
  });
});

describe('a folder', () => {
  it('that save_to_disk wrote is read split by split, its JSON values as such', async () => {
    const train = await all(fixture('saved'));
    expect(train.length).toBe(4);
    expect(train[2]).toMatchObject({
      messages: [
        { role: 'user', content: 'x' },
        {
          role: 'assistant',
          tool_calls: [{ type: 'function', function: { name: 'f', arguments: { a: 2 } } }],
        },
      ],
    });
    expect(await all(fixture('saved'), { split: 'test' })).toEqual([train[1]]);
    expect(await all(fixture('saved/train'))).toEqual(train);
    const error = await failure(fixture('saved'), { split: 'validation' });
    expect(error.code).toBe('data-split-missing');
    expect(error.message).toContain('train, test');
  });

  it('of data files is read by the names of its files, and a pattern stands for its files', async () => {
    await write('data/train-1.jsonl', '{"text": "a"}\n');
    await write('data/train-2.jsonl', '{"text": "b"}\n');
    await write('data/test.jsonl', '{"text": "c"}\n');
    await write('data/README.md', 'words');
    expect(await all(join(folder, 'data'))).toEqual([{ text: 'a' }, { text: 'b' }]);
    expect(await all(join(folder, 'data/'), { split: 'test' })).toEqual([{ text: 'c' }]);
    expect([...folderSplits(join(folder, 'data')).keys()]).toEqual(['train', 'test']);
    expect(await all(join(folder, 'data/t*-*.jsonl'))).toEqual([{ text: 'a' }, { text: 'b' }]);
    expect((await failure(join(folder, 'data/*.csv'))).code).toBe('data-missing');
  });

  it('without data files says what it holds', async () => {
    await write('model/config.json', '{}');
    const error = await failure(join(folder, 'model'));
    expect(error.code).toBe('data-folder-empty');
    expect(error.message).toContain('config.json');
  });
});
