import { readFileSync } from 'node:fs';
import { AttuneError } from '@attune/gpu';
import { Tokenizer } from '@attune/tokenizer';
import { describe, expect, it } from 'vitest';
import type { DatasetOptions } from './dataset.ts';
import { prepareDataset, streamDataset } from './dataset.ts';
import type { Example } from './encode-example.ts';
import type { Row } from './read-rows.ts';
import { reportNotes } from './report-notes.ts';
import type { Source } from './source.ts';

const read = (name: string) =>
  readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
const tokenizer = Tokenizer.from({
  tokenizerJson: read('tokenizer.json'),
  tokenizerConfig: read('tokenizer_config.json'),
  chatTemplate: read('chat_template.jinja'),
});
const file = (text: string): Source => new File([text], 'rows.jsonl');
const text = file(read('text.jsonl'));

async function failure(run: () => Promise<unknown>): Promise<AttuneError> {
  try {
    await run();
  } catch (error) {
    expect(error).toBeInstanceOf(AttuneError);
    return error as AttuneError;
  }
  throw new Error('nothing was thrown');
}

async function collect(stream: { open(): AsyncIterable<Example> }): Promise<Example[]> {
  const examples: Example[] = [];
  for await (const example of stream.open()) examples.push(example);
  return examples;
}

describe('a data set', () => {
  it('is the same in memory and as a stream, with the same counts, packed or not', async () => {
    for (const options of [{}, { packing: true }, { packing: true, packingStrategy: 'wrapped' }]) {
      const sized = { maxLength: 48, ...options } as DatasetOptions;
      const { examples, report } = await prepareDataset([text, text], tokenizer, sized);
      const stream = streamDataset([text, text], tokenizer, sized);
      expect(await collect(stream)).toEqual(examples);
      expect(await collect(stream)).toEqual(examples);
      expect(stream.report).toEqual(report);
      expect(report.rows).toBe(128);
    }
  });

  it('takes rows from a program as well as files', async () => {
    const rows = [{ text: 'a fox' }, { text: 'an owl' }];
    const { examples, report } = await prepareDataset(rows, tokenizer);
    expect(examples.map(({ inputIds }) => tokenizer.decode(inputIds))).toEqual([
      'a fox<|im_end|>',
      'an owl<|im_end|>',
    ]);
    expect(report).toMatchObject({ rows: 2, dropped: 0, tokens: report.trainedTokens });
  });

  it('can be shuffled by a seed, which keeps every row', async () => {
    const plain = await prepareDataset([text], tokenizer);
    const options = { shuffleDataset: true, seed: 3 };
    const once = await prepareDataset([text], tokenizer, options);
    const again = await prepareDataset([text], tokenizer, options);
    expect(once.examples).toEqual(again.examples);
    expect(once.examples).not.toEqual(plain.examples);
    const sorted = (examples: Example[]) => examples.map(({ inputIds }) => inputIds.join()).sort();
    expect(sorted(once.examples)).toEqual(sorted(plain.examples));
  });

  it('names the row that is wrong', async () => {
    const rows = `${'{"text": "a"}\n'.repeat(4)}{"text": 5}\n`;
    const error = await failure(() => prepareDataset([file(rows)], tokenizer));
    expect(error.code).toBe('data-shape-unknown');
    expect(error.message).toMatch(/^Row 5: The column text should hold text, but holds 5/);
  });

  it('refuses rows of two shapes', async () => {
    const rows = '{"text": "a"}\n{"prompt": "b", "completion": "c"}\n';
    const error = await failure(() => prepareDataset([file(rows)], tokenizer));
    expect(error.code).toBe('data-shapes-mixed');
    expect(error.message).toContain('Row 2');
    expect(error.message).toContain('plain prompt-completion');
  });

  it('refuses to train on nothing, with the counts', async () => {
    const rows = file(read('prompt-completion.jsonl'));
    for (const run of [
      () => prepareDataset([rows], tokenizer, { maxLength: 2 }),
      () => collect(streamDataset([rows], tokenizer, { maxLength: 2 })),
    ]) {
      const error = await failure(run);
      expect(error.code).toBe('data-all-masked');
      expect(error.message).toContain('None of the 64 rows');
    }
  });

  it('needs max_length for packing', async () => {
    const run = () => prepareDataset([text], tokenizer, { packing: true, maxLength: null });
    expect((await failure(run)).code).toBe('packing-needs-length');
  });

  it('stops when it is told to, and says how far it is', async () => {
    const control = new AbortController();
    const rows = file('{"text": "a"}\n'.repeat(5000));
    const seen: number[] = [];
    const run = prepareDataset([rows], tokenizer, {
      signal: control.signal,
      onProgress: (count) => {
        seen.push(count);
        if (count >= 1024) control.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toEqual([256, 512, 768, 1024]);
  });

  it('stops in the middle of a stream that keeps it waiting', async () => {
    const control = new AbortController();
    const stalled: Source = {
      name: 'stalled.jsonl',
      async *open() {
        yield new TextEncoder().encode('{"text": "a"}\n'.repeat(400));
        await new Promise(() => undefined);
      },
    };
    const options = { signal: control.signal };
    const start = performance.now();
    for (const run of [
      () => prepareDataset(stalled, tokenizer, options),
      () => collect(streamDataset(stalled, tokenizer, options)),
    ]) {
      const running = run();
      setTimeout(() => control.abort(), 20);
      await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    }
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('is shuffled as datasets shuffles, before packing and after it', async () => {
    const { shuffled } = JSON.parse(read('files/split.json'));
    const plain = await prepareDataset(text, tokenizer);
    const { examples } = await prepareDataset(text, tokenizer, { shuffleDataset: true, seed: 42 });
    expect(examples).toEqual(shuffled.map((i: number) => plain.examples[i]));
    const stream = streamDataset(text, tokenizer, { shuffleDataset: true });
    const rows = (await collect(stream)).map(({ row }) => row!);
    expect(rows).not.toEqual(plain.examples.map(({ row }) => row));
    expect(rows.sort((a, b) => a - b)).toEqual(plain.examples.map(({ row }) => row));
  });
});

describe('a row without content', () => {
  const without = (examples: Example[]) => examples.map(({ row: _, ...rest }) => rest);
  const kinds: [string, Row[], Row[]][] = [
    [
      'text',
      [{ text: 'a fox' }, { text: 'an owl' }, { text: 'a cat' }],
      [{ text: '' }, { text: null }],
    ],
    [
      'messages',
      ['a', 'b', 'c'].map((content) => ({ messages: [{ role: 'user', content }], id: 1 })),
      [{ messages: [], id: 2 }, { messages: null }, { conversations: [] }],
    ],
    [
      'prompt and completion',
      ['a', 'b', 'c'].map((prompt) => ({ prompt, completion: 'x' })),
      [
        { prompt: '', completion: '' },
        { prompt: null, completion: null },
        { prompt: [], completion: [] },
      ],
    ],
    [
      'token ids',
      [
        [5, 6],
        [7, 8],
        [9, 9],
      ].map((input_ids) => ({ input_ids })),
      [{ input_ids: [] }],
    ],
  ];

  it.each(kinds)(
    'of %s changes nothing, wherever it stands, and is counted',
    async (_, rows, empty) => {
      for (const options of [{}, { packing: true, maxLength: 8 }, { shuffleDataset: true }]) {
        const plain = await prepareDataset(rows, tokenizer, options);
        for (const nothing of [...empty, {}, { other: null }, { other: '' }]) {
          for (let at = 0; at <= rows.length; at++) {
            const more = [...rows.slice(0, at), nothing, ...rows.slice(at)];
            const { examples, report } = await prepareDataset(more, tokenizer, options);
            expect(without(examples)).toEqual(without(plain.examples));
            expect(report).toEqual({ ...plain.report, rows: 4, empty: 1, firstEmpty: at + 1 });
            expect(reportNotes(report, tokenizer, options)[0]).toBe(
              `1 of 4 rows is empty and left out (row ${at + 1}).`,
            );
          }
        }
      }
    },
  );

  it('alone is no data set', async () => {
    for (const rows of [[{ text: '' }, {}], [{ messages: [] }]]) {
      const error = await failure(() => prepareDataset(rows, tokenizer));
      expect(error.code).toBe('data-empty');
      expect(error.message).toBe(`All ${rows.length} rows are empty.`);
    }
    expect((await failure(() => prepareDataset([], tokenizer))).code).toBe('data-empty');
  });
});

describe('the counts of a packed data set', () => {
  const rows = Array.from({ length: 4 }, (_, i) => ({ input_ids: new Array(104).fill(i + 1) }));

  it('are those of what trains; what bfd cuts is said', async () => {
    const options = { packing: true, maxLength: 32 };
    for (const [packingStrategy, trained, cut] of [
      ['bfd', 128, 288],
      ['bfd_split', 416, 0],
      ['wrapped', 416, 0],
    ] as const) {
      const packed = { ...options, packingStrategy };
      const { examples, report } = await prepareDataset(rows, tokenizer, packed);
      const tokens = examples.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
      expect(report).toMatchObject({ tokens: trained, trainedTokens: trained, cutTokens: cut });
      expect(tokens).toBe(trained);
      const note = reportNotes(report, tokenizer, packed).find((text) => text.includes('are cut'));
      if (cut === 0) expect(note).toBeUndefined();
      else expect(note).toMatch(/4 of 4 rows .* 288 tokens .* bfd_split/);
      const lines = rows.map((row) => JSON.stringify(row)).join('\n');
      const reports: unknown[] = [];
      const onReport = (of: unknown) => void reports.push(of);
      const stream = streamDataset(file(lines), tokenizer, { ...packed, onReport });
      expect(await collect(stream)).toEqual(examples);
      expect(await collect(stream)).toEqual(examples);
      expect(reports).toEqual([report, report]);
    }
  });

  it('of which nothing trains are an error, packed or of any length', async () => {
    const masked = rows.map((row) => ({ ...row, labels: row.input_ids.map(() => -100) }));
    for (const options of [{ packing: true, maxLength: 200 }, { maxLength: null }, {}]) {
      const error = await failure(() => prepareDataset(masked, tokenizer, options));
      expect(error.code).toBe('data-all-masked');
    }
  });
});
