import { readFileSync } from 'node:fs';
import { AttuneError } from '@attune/gpu';
import { Tokenizer } from '@attune/tokenizer';
import { describe, expect, it } from 'vitest';
import { prepareDataset, streamDataset } from './dataset.ts';
import { BatchLoader } from './loader.ts';
import { preparePreference } from './preference-rows.ts';
import { joinRows } from './row-batch.ts';
import { checkExamples, checkSequence } from './token-limits.ts';
import { prepareUnpaired } from './unpaired.ts';

const read = (name: string) =>
  readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
const tokenizer = Tokenizer.from({
  tokenizerJson: read('tokenizer.json'),
  tokenizerConfig: read('tokenizer_config.json'),
  chatTemplate: read('chat_template.jinja'),
});

async function failure(run: () => unknown): Promise<AttuneError> {
  try {
    await run();
  } catch (error) {
    expect(error).toBeInstanceOf(AttuneError);
    return error as AttuneError;
  }
  throw new Error('nothing was thrown');
}

const limits = { vocabSize: 10, maxPositions: 4 };
const good = { input_ids: [1, 2, 3] };

describe('ids, labels and lengths beyond the model', () => {
  it.each([
    [
      { input_ids: [1, 10] },
      'data-id-outside-vocabulary',
      /^Row 3: Token 2 has the id 10; .* 0 to 9/,
    ],
    [
      { input_ids: [1, 2], labels: [-100, 11] },
      'data-label-invalid',
      /^Row 3: The label 11 of token 2 .* 0 to 9/,
    ],
    [
      { input_ids: [1, 2, 3, 4, 5] },
      'data-beyond-positions',
      /^Row 3: 5 tokens are more than the 4 positions/,
    ],
  ])(
    '%o is refused with the number of its row: in memory, in a stream',
    async (bad, code, message) => {
      // The second row is empty, and no example.
      const labels = 'labels' in bad ? { labels: good.input_ids } : {};
      const rows = [{ ...good, ...labels }, { input_ids: [] }, bad];
      const lines = new File([rows.map((row) => JSON.stringify(row)).join('\n')], 'rows.jsonl');
      const stream = streamDataset(lines, tokenizer, { limits });
      const loader = new BatchLoader(stream, { batchSize: 1, collate: joinRows });
      const unchecked = await prepareDataset(rows, tokenizer);
      for (const run of [
        () => prepareDataset(rows, tokenizer, { limits }),
        () =>
          loader
            .batches()
            .next()
            .then(() => loader.epoch(0, 1).next()),
        () => checkExamples(unchecked.examples, limits),
        () => new BatchLoader(unchecked.examples, { batchSize: 1, collate: joinRows, limits }),
        async () => {
          const open = streamDataset(lines, tokenizer);
          const checking = new BatchLoader(open, { batchSize: 3, collate: joinRows, limits });
          await checking.epoch(0).next();
        },
      ]) {
        const error = await failure(run);
        expect(error.code).toBe(code);
        expect(error.message).toMatch(message);
      }
    },
  );

  it('may be positions without end, and are those of each packed document', () => {
    const inputIds = new Int32Array(9);
    checkSequence({ inputIds }, { vocabSize: 1 });
    checkSequence({ inputIds, segments: [4, 4, 1] }, limits);
    expect(() => checkSequence({ inputIds, segments: [4, 5] }, limits)).toThrow(/5 tokens/);
  });

  it('are cut away by packing before they are looked at, or refused where it cannot', async () => {
    const rows = [{ input_ids: [1, 2, 3, 4, 5, 6] }];
    const packing = { packing: true, maxLength: 4, limits };
    for (const packingStrategy of ['bfd', 'bfd_split', 'wrapped'] as const) {
      const { examples } = await prepareDataset(rows, tokenizer, { ...packing, packingStrategy });
      checkExamples(examples, limits);
    }
    const wrapped = { ...packing, maxLength: 6, packingStrategy: 'wrapped' } as const;
    expect((await failure(() => prepareDataset(rows, tokenizer, wrapped))).message).toContain(
      'max_length 6; the model has 4 positions',
    );
  });

  it('are refused in pairs and in completions that are wanted or not', async () => {
    const long = 'the red fox was near the river';
    const pairs = [
      { prompt: 'a', chosen: 'b', rejected: 'c' },
      { prompt: 'a', chosen: 'b', rejected: long },
    ];
    const model = { vocabSize: 512, maxPositions: 6 };
    for (const trainer of ['reward', 'dpo', 'orpo', 'cpo'] as const) {
      const error = await failure(() =>
        preparePreference(pairs, tokenizer, { trainer, limits: model }),
      );
      expect(error.code).toBe('data-beyond-positions');
      expect(error.message).toContain('Row 2:');
    }
    const judged = [
      { prompt: 'a', completion: 'b', label: true },
      { prompt: 'a', completion: long, label: false },
    ];
    const options = { batchSize: 2, kl: false, limits: model };
    expect((await failure(() => prepareUnpaired(judged, tokenizer, options))).message).toContain(
      'Row 2:',
    );
    const small = { ...options, limits: { vocabSize: 60 } };
    expect((await failure(() => prepareUnpaired(judged, tokenizer, small))).code).toBe(
      'data-id-outside-vocabulary',
    );
  });
});
