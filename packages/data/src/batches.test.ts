import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Tokenizer } from '@attune/tokenizer';
import { expect, it } from 'vitest';
import { prepareDataset, streamDataset } from './dataset.ts';
import { ignored } from './encode-example.ts';
import { BatchLoader } from './loader.ts';
import type { PackingStrategy } from './packing.ts';
import { joinRows, type PaddedRows, padRows } from './row-batch.ts';

interface Case {
  name: string;
  data: string;
  first: number;
  recipe: {
    max_length: number;
    packing: boolean;
    packing_strategy?: PackingStrategy;
    completion_only_loss?: boolean;
    assistant_only_loss?: boolean;
    per_device_train_batch_size: number;
    train_sampling_strategy: 'sequential';
  };
  batches: { ids: number[]; padding: number; trained: [start: number, end: number][] }[][];
}

const path = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const read = (name: string) => readFileSync(path(name), 'utf8');
const cases = JSON.parse(read('batches.json')) as Case[];
const tokenizer = Tokenizer.from({
  tokenizerJson: read('tokenizer.json'),
  tokenizerConfig: read('tokenizer_config.json'),
  chatTemplate: read('chat_template.jinja'),
  generationConfig: read('generation_config.json'),
});

function expected(rows: Case['batches'][number]) {
  const pad = (padding: number, value: number) => new Array<number>(padding).fill(value);
  return {
    inputIds: rows.flatMap(({ ids, padding }) => [...ids, ...pad(padding, tokenizer.padTokenId!)]),
    labels: rows.flatMap(({ ids, padding, trained }) => [
      // The first token of a row is predicted by nothing.
      ...ids.map((id, i) =>
        i > 0 && trained.some(([start, end]) => i >= start && i < end) ? id : ignored,
      ),
      ...pad(padding, ignored),
    ]),
    attentionMask: rows.flatMap(({ ids, padding }) => [...ids.map(() => 1), ...pad(padding, 0)]),
  };
}

const lists = ({ inputIds, labels, attentionMask }: PaddedRows) => ({
  inputIds: Array.from(inputIds),
  labels: Array.from(labels),
  attentionMask: Array.from(attentionMask),
});

it.each(cases)('the batches of $name are those that entered the loss in TRL', async (run) => {
  const { recipe } = run;
  const options = {
    maxLength: recipe.max_length,
    packing: recipe.packing,
    completionOnlyLoss: recipe.completion_only_loss ?? null,
    assistantOnlyLoss: recipe.assistant_only_loss ?? false,
    ...(recipe.packing_strategy && { packingStrategy: recipe.packing_strategy }),
  };
  const { examples } = await prepareDataset([path(run.data)], tokenizer, options);
  const stream = streamDataset([path(run.data)], tokenizer, options);
  for (const data of [examples, stream]) {
    const loader = new BatchLoader(data, {
      batchSize: recipe.per_device_train_batch_size,
      sampling: recipe.train_sampling_strategy,
      collate: (rows) => joinRows(rows),
    });
    let i = 0;
    for await (const { batch } of loader.batches()) {
      const rows = run.batches[i - run.first];
      if (rows) expect(lists(padRows(batch, tokenizer.padTokenId!))).toEqual(expected(rows));
      if (++i === run.first + run.batches.length) break;
    }
    expect(i).toBe(run.first + run.batches.length);
  }
});
