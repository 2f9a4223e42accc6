import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AttuneError } from '@attune/gpu';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataFormat, Row } from './read-rows.ts';
import { readRows } from './read-rows.ts';
import type { Source } from './source.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-data-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function all(source: Source, format?: DataFormat): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of readRows(source, { format })) rows.push(row);
  return rows;
}

async function failure(source: Source, format?: DataFormat): Promise<AttuneError> {
  try {
    await all(source, format);
  } catch (error) {
    expect(error).toBeInstanceOf(AttuneError);
    expect((error as AttuneError).remedy).not.toBe('');
    return error as AttuneError;
  }
  throw new Error('nothing was thrown');
}

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** Bytes in chunks of `size`, so that lines, quotes and characters fall across borders. */
function chunked(name: string, content: string | Uint8Array, size: number): Source {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return {
    name,
    async *open() {
      const buffer = new Uint8Array(size);
      for (let at = 0; at < bytes.length; at += size) {
        const part = bytes.subarray(at, at + size);
        buffer.set(part);
        // The same memory again and again, as some readers give it.
        yield buffer.subarray(0, part.length);
      }
    },
  };
}

const rows = [{ text: 'a' }, { text: 'é日本🦊', n: 1 }, { text: 'two\nlines, "quoted"' }];
const jsonl = rows.map((row) => JSON.stringify(row)).join('\n');

describe('JSON Lines', () => {
  it('reads an object a line from a path, a blob or a stream', async () => {
    expect(await all(await write('rows.jsonl', jsonl))).toEqual(rows);
    expect(await all(new File([jsonl], 'rows.jsonl'))).toEqual(rows);
    expect(await all(new Blob([jsonl]))).toEqual(rows);
    for (const size of [1, 2, 3, 7, 1000])
      expect(await all(chunked('x.jsonl', jsonl, size))).toEqual(rows);
  });

  it('takes a byte order mark, Windows line breaks and blank lines as they come', async () => {
    const text = `\uFEFF${jsonl.replaceAll('\n', '\r\n\r\n')}\r\n  \n`;
    expect(await all(await write('windows.jsonl', text))).toEqual(rows);
  });

  it('names file, line and beginning of a line that is no JSON', async () => {
    const path = await write('broken.jsonl', `{"text": "a"}\n\n{"text": "b"\n{"text": "c"}\n`);
    const error = await failure(path);
    expect(error.code).toBe('invalid-json');
    expect(error.message).toContain(`Line 3 of ${path}`);
    expect(error.message).toContain('It begins: {"text": "b"');
  });

  it('says that a file may be cut off where its last line breaks', async () => {
    const error = await failure(chunked('cut.jsonl', jsonl.slice(0, -5), 64));
    expect(error.code).toBe('invalid-json');
    expect(error.remedy).toContain('cut off');
  });

  it('refuses lines that are no objects', async () => {
    const error = await failure(chunked('list.jsonl', '{"text": "a"}\n[1, 2]\n', 64));
    expect(error).toMatchObject({ code: 'data-row-not-object' });
    expect(error.message).toContain('Line 2');
    expect((await failure(chunked('n.jsonl', '7', 64))).code).toBe('data-row-not-object');
  });

  it('names the line that is not UTF-8', async () => {
    const latin = Uint8Array.from([
      ...new TextEncoder().encode('{"text":"a"}\n{"text":"caf'),
      0xe9,
      0x22,
      0x7d,
    ]);
    const error = await failure(chunked('latin.jsonl', latin, 5));
    expect(error.code).toBe('invalid-utf8');
    expect(error.message).toContain('Line 2');
  });

  it('stops at a line that never ends, holding no more than its limit', async () => {
    let given = 0;
    const endless: Source = {
      name: 'endless.jsonl',
      async *open() {
        for (;;) {
          given += 1 << 20;
          yield new Uint8Array(1 << 20).fill(0x61);
        }
      },
    };
    expect((await failure(endless)).code).toBe('data-line-too-long');
    expect(given).toBeLessThan(1 << 25);
  });

  it('reads a stream far larger than what it holds at once', async () => {
    const line = new TextEncoder().encode(`${JSON.stringify({ text: 'x'.repeat(1000) })}\n`);
    const count = 100_000;
    const large: Source = {
      name: 'large.jsonl',
      async *open() {
        for (let i = 0; i < count; i++) yield line;
      },
    };
    global.gc?.();
    let seen = 0;
    let peak = 0;
    for await (const _ of readRows(large)) {
      if (++seen % 10_000 === 0) peak = Math.max(peak, process.memoryUsage().rss);
    }
    expect(seen).toBe(count);
    expect(peak).toBeLessThan(1 << 30);
  });
});

describe('half of a surrogate pair', () => {
  it('is no text: the line and column are named', async () => {
    const line = '{"text": "ok"}\n{"meta": {"deep": ["cut \\ud83d"]}}\n';
    const error = await failure(chunked('rows.jsonl', line, 8));
    expect(error.code).toBe('data-lone-surrogate');
    expect(error.message).toContain('Line 2 of rows.jsonl: the column meta');
    const array = await failure(chunked('rows.json', '[{"text": "\\uDD8A"}]', 8));
    expect(array.message).toContain('Row 1 of rows.json: the column text');
    const whole = '{"text": "\\ud83e\\udd8a"}';
    expect(await all(chunked('rows.jsonl', whole, 8))).toEqual([{ text: '🦊' }]);
  });
});

describe('JSON', () => {
  it('reads an array, also inside an object, and lines under a .json name', async () => {
    const array = JSON.stringify(rows, null, 2);
    expect(await all(await write('array.json', array))).toEqual(rows);
    expect(await all(await write('object.json', JSON.stringify({ data: rows }, null, 2)))).toEqual(
      rows,
    );
    expect(await all(await write('lines.json', jsonl))).toEqual(rows);
    expect(await all(chunked('small.json', array, 3))).toEqual(rows);
  });

  it('says where an array breaks', async () => {
    const error = await failure(chunked('broken.json', '[\n{"text": "a"},\n{"text": b}\n]', 8));
    expect(error.code).toBe('invalid-json');
    expect(error.message).toContain('broken.json');
  });

  it('refuses an array of other things and an object without rows', async () => {
    expect((await failure(chunked('numbers.json', '[1, 2]', 8))).code).toBe('data-row-not-object');
    expect((await failure(chunked('config.json', '{\n"a": 1\n}', 99))).code).toBe(
      'data-row-not-object',
    );
  });
});

describe('CSV', () => {
  const text = 'prompt,completion\r\na,"b, ""c""\r\nd"\r\n"",é🦊\r\n\r\nlast,';
  const expected = [
    { prompt: 'a', completion: 'b, "c"\r\nd' },
    { prompt: '', completion: 'é🦊' },
    { prompt: 'last', completion: '' },
  ];

  it('reads quotes, line breaks in fields and empty fields, wherever chunks end', async () => {
    expect(await all(await write('rows.csv', text))).toEqual(expected);
    for (const size of [1, 2, 3, 5, 64])
      expect(await all(chunked('x.csv', text, size))).toEqual(expected);
    expect(await all(chunked('x.csv', `\uFEFF${text}`, 4))).toEqual(expected);
    expect(await all(chunked('x.tsv', 'a\tb\n1,5\t"2\t"\n', 4))).toEqual([{ a: '1,5', b: '2\t' }]);
    expect(await all(chunked('one.csv', 'text\nx\n\ny\n', 4))).toEqual([
      { text: 'x' },
      { text: 'y' },
    ]);
  });

  it('makes columns of numbers and truth values such, where every field is one', async () => {
    const table = [
      'prompt,completion,label,score,rating,code,when,mixed,none',
      '1,2,True,0.5,5,007,2024-01-01,1,',
      'x,3.50,False,-1e-3,,010,2024-01-02,a,',
      ',,true,.5,4,1,x,,',
    ].join('\r\n');
    const read = [
      { prompt: '1', completion: '2', label: true, score: 0.5, rating: 5, code: '007' },
      { prompt: 'x', completion: '3.50', label: false, score: -0.001, rating: null, code: '010' },
      { prompt: '', completion: '', label: true, score: 0.5, rating: 4, code: '1' },
    ];
    for (const size of [1, 7, 4096]) {
      const rows = await all(chunked('x.csv', table, size));
      expect(rows).toMatchObject(read);
      expect(rows.map(({ mixed }) => mixed)).toEqual(['1', 'a', null]);
      expect(rows.map(({ none }) => none)).toEqual([null, null, null]);
    }
  });

  it('keeps the digits of whole numbers beyond 2^53, and of names made of digits', async () => {
    const table = 'id,number,story\n2512292042121000001,1234567890123456789012,1\n7,1,2\n';
    expect(await all(chunked('x.csv', table, 9))).toEqual([
      { id: 2512292042121000001n, number: '1234567890123456789012', story: 1 },
      { id: 7, number: '1', story: 2 },
    ]);
    const rows: Row[] = [];
    const options = { datasetTextField: 'story' };
    for await (const row of readRows(chunked('x.csv', table, 9), options)) rows.push(row);
    expect(rows.map(({ story }) => story)).toEqual(['1', '2']);
  });

  it("finds the delimiter in the header, or in Excel's own first line", async () => {
    const row = [{ prompt: 'a, b', score: 1 }];
    for (const delimiter of [';', '\t', '|']) {
      const table = `prompt${delimiter}score\na, b${delimiter}1\n`;
      expect(await all(chunked('x.csv', table, 5))).toEqual(row);
      expect(await all(chunked('x.csv', `\uFEFF${table}`, 3))).toEqual(row);
    }
    expect(await all(chunked('x.csv', 'sep=;\r\nprompt;score\r\n"a, b";1\r\n', 4))).toEqual(row);
    // Its line is counted.
    const error = await failure(chunked('x.csv', 'sep=;\na;b\n1\n', 4));
    expect(error.message).toContain('Line 3');
    expect(await all(chunked('x.csv', '"a;b;c",d\n1,2\n', 4))).toEqual([{ 'a;b;c': 1, d: 2 }]);
    expect(await all(chunked('x.csv', 'text\na;b\n', 4))).toEqual([{ text: 'a;b' }]);
  });

  it('names the line whose fields do not fit the header', async () => {
    const error = await failure(chunked('x.csv', 'a,b\n1,2\n"x\ny",2\n1,2,3\n', 5));
    expect(error.code).toBe('data-broken-csv');
    expect(error.message).toContain('Line 5');
    expect(error.message).toContain('3 fields, the header has 2');
  });

  it('refuses a quote that never ends, text after a quote, and a column named twice', async () => {
    for (const broken of ['a,b\n1,"2\n3,4', 'a,b\n"1"x,2\n', 'a,a\n1,2\n']) {
      expect((await failure(chunked('x.csv', broken, 4))).code).toBe('data-broken-csv');
    }
  });

  it('keeps its memory bounded inside a quote that never ends', async () => {
    const endless: Source = {
      name: 'endless.csv',
      async *open() {
        yield new TextEncoder().encode('a,b\n1,"');
        for (;;) yield new Uint8Array(1 << 20).fill(0x61);
      },
    };
    expect((await failure(endless)).code).toBe('data-line-too-long');
  });
});

describe('Parquet', () => {
  const texts = Array.from({ length: 2500 }, (_, i) => `text ${i} é`);
  const table = () =>
    parquetWriteBuffer({
      columnData: [
        { name: 'text', data: texts, type: 'STRING' },
        { name: 'label', data: texts.map((_, i) => i % 2 === 0), type: 'BOOLEAN' },
        { name: 'id', data: texts.map((_, i) => BigInt(i)), type: 'INT64' },
        {
          name: 'messages',
          data: texts.map((text) => [{ role: 'user', content: text }]),
          type: 'JSON',
        },
      ],
    });

  it('reads rows with texts, truth values, whole numbers and messages', async () => {
    const read = await all(await write('rows.parquet', new Uint8Array(table())));
    expect(read.length).toBe(2500);
    expect(read[2001]).toEqual({
      text: 'text 2001 é',
      label: false,
      id: 2001,
      messages: [{ role: 'user', content: 'text 2001 é' }],
    });
    expect((await all(new Blob([table()]))).length).toBe(2500);
  });

  it('names a file that is cut off or damaged', async () => {
    const bytes = new Uint8Array(table());
    for (const length of [4, 12, 100, bytes.length - 1]) {
      const error = await failure(new Blob([bytes.subarray(0, length)]), 'parquet');
      expect(error.code).toBe('data-broken-parquet');
    }
  });

  it('ends, with rows or a named error, whatever bytes of a small file are changed', async () => {
    const good = new Uint8Array(
      parquetWriteBuffer({
        columnData: [{ name: 'text', data: ['a', 'bb', 'a'], type: 'STRING' }],
      }),
    );
    let refused = 0;
    for (let at = 4; at < good.length - 8; at++) {
      for (const value of [0x00, 0x7f, 0x80, 0xfe, 0xff]) {
        const bytes = good.slice();
        bytes[at] = value;
        try {
          await all(new Blob([bytes]), 'parquet');
        } catch (error) {
          expect(error).toBeInstanceOf(AttuneError);
          refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});

describe('any file', () => {
  it('says that a file is missing, a folder, or holds no rows', async () => {
    const missing = await failure(join(folder, 'nowhere.jsonl'));
    expect(missing.code).toBe('data-missing');
    expect(missing.message).toContain('nowhere.jsonl');
    expect((await failure(join(folder, 'nowhere.parquet'))).code).toBe('data-missing');
    expect((await failure(join(folder, 'nowhere.json'))).code).toBe('data-missing');
    expect((await failure(await write('empty.jsonl', ''))).code).toBe('data-empty');
    expect((await failure(await write('blank.jsonl', '\n\n'))).code).toBe('data-empty');
    expect((await failure(await write('empty.json', '[]'))).code).toBe('data-empty');
    expect((await failure(await write('header.csv', 'a,b\n'))).code).toBe('data-empty');
  });

  it('tells the format by the first bytes where the name does not', async () => {
    expect(await all(new Blob(['[{"a": 1}]']))).toEqual([{ a: 1 }]);
    expect(await all(await write('noending', '{"a": 1}\n{"a": 2}'))).toEqual([{ a: 1 }, { a: 2 }]);
    expect((await failure(new Blob(['hello']))).code).toBe('data-format-unknown');
    expect(await all(new Blob(['a\n1']), 'csv')).toEqual([{ a: 1 }]);
  });

  it('closes the file when the reader stops early', async () => {
    const path = await write('early.jsonl', jsonl);
    for await (const _ of readRows(path)) break;
    await rm(path);
    await expect(readFile(path)).rejects.toThrow();
  });
});
