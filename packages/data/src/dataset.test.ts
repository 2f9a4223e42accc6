import { readFileSync } from 'node:fs';
import { AttuneError } from '@attune/gpu';
import { Tokenizer } from '@attune/tokenizer';
import { describe, expect, it } from 'vitest';
import type { DatasetOptions } from './dataset.ts';
import { prepareDataset, streamDataset } from './dataset.ts';
import type { Example } from './encode-example.ts';
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
});
