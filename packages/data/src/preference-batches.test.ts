import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Tokenizer } from '@attune/tokenizer';
import { expect, it } from 'vitest';
import { ignored } from './encode-example.ts';
import { BatchLoader } from './loader.ts';
import { collatePairs, collateUnpaired } from './preference-batches.ts';
import { preparePreference } from './preference-rows.ts';
import { type PaddedRows, padRows } from './row-batch.ts';
import { prepareUnpaired } from './unpaired.ts';

type Recorded = Record<string, number[][]> & {
  margin?: number[];
  label?: boolean[];
};

const roots = {
  reward: 'reward',
  dpo: 'preference',
  kto: 'preference',
  orpo: 'preference',
  cpo: 'preference',
};
const folder = (command: keyof typeof roots) =>
  fileURLToPath(new URL(`../../${roots[command]}/fixtures/${command}/`, import.meta.url));
const casesOf = (command: keyof typeof roots) =>
  readdirSync(folder(command)).map((name) => ({
    name: `${command}/${name}`,
    command,
    path: `${folder(command)}${name}/`,
  }));

/** The recipes are flat where this test reads them. */
function recipeOf(path: string) {
  const text = readFileSync(`${path}recipe.yaml`, 'utf8');
  const value = (key: string) => new RegExp(`^\\s*${key}: (.+)$`, 'm').exec(text)?.[1];
  const model = `${path}${value('model_name_or_path')}/`;
  const read = (name: string) =>
    existsSync(model + name) ? readFileSync(model + name, 'utf8') : undefined;
  expect(value('train_sampling_strategy')).toBe('sequential');
  return {
    sources: [`${path}${value('data_files')}`],
    maxLength: Number(value('max_length')),
    batchSize: Number(value('per_device_train_batch_size')),
    lossType: value('loss_type'),
    tokenizer: Tokenizer.from({
      tokenizerJson: read('tokenizer.json')!,
      tokenizerConfig: read('tokenizer_config.json'),
      chatTemplate: read('chat_template.jinja'),
      generationConfig: read('generation_config.json'),
    }),
    batches: JSON.parse(readFileSync(`${path}batches.json`, 'utf8')) as Recorded[],
  };
}

const table = (flat: ArrayLike<number>, length: number) =>
  Array.from({ length: flat.length / length }, (_, row) =>
    Array.from(flat).slice(row * length, (row + 1) * length),
  );
const idsAndMask = ({ inputIds, attentionMask, length }: PaddedRows) => ({
  input_ids: table(inputIds, length),
  attention_mask: table(attentionMask, length),
});
const completionMask = ({ labels, length }: PaddedRows) =>
  table(
    labels.map((label) => (label === ignored ? 0 : 1)),
    length,
  );

/** Recorded apart, each side to its own length; a common length only adds padding. */
function joined(batch: Recorded, name: string, padding: number): number[][] {
  const rows = [...batch[`chosen_${name}`]!, ...batch[`rejected_${name}`]!];
  const length = Math.max(...rows.map((row) => row.length));
  return rows.map((row) => [...row, ...new Array<number>(length - row.length).fill(padding)]);
}

it('all 67 recorded runs are here', () => {
  const commands = Object.keys(roots) as (keyof typeof roots)[];
  expect(commands.flatMap(casesOf)).toHaveLength(67);
});

const pairCases = (['reward', 'dpo', 'orpo', 'cpo'] as const).flatMap((command) =>
  casesOf(command).map((run) => ({ ...run, command })),
);
it.each(pairCases)(
  'the batches of $name are those that entered the loss in TRL',
  async ({ command, path }) => {
    const { sources, tokenizer, maxLength, batchSize, batches } = recipeOf(path);
    const padTokenId = tokenizer.padTokenId!;
    const { examples } = await preparePreference(sources, tokenizer, {
      trainer: command,
      maxLength,
    });
    const loader = new BatchLoader(examples, {
      batchSize,
      sampling: 'sequential',
      collate: collatePairs,
    });
    let i = 0;
    for await (const { batch } of loader.batches()) {
      const recorded = batches[i]!;
      const padded = padRows(batch, padTokenId);
      if (command === 'orpo' || command === 'cpo') {
        expect(idsAndMask(padded)).toEqual({
          input_ids: joined(recorded, 'input_ids', padTokenId),
          attention_mask: joined(recorded, 'attention_mask', 0),
        });
        expect(table(padded.labels, padded.length)).toEqual(joined(recorded, 'labels', ignored));
      } else {
        expect(idsAndMask(padded)).toEqual({
          input_ids: recorded.input_ids,
          attention_mask: recorded.attention_mask,
        });
        if (command === 'dpo') expect(completionMask(padded)).toEqual(recorded.completion_mask);
        else expect(batch.margins && Array.from(batch.margins)).toEqual(recorded.margin);
      }
      if (++i === batches.length) break;
    }
  },
);

it.each(casesOf('kto'))(
  'the batches of $name are those that entered the loss in TRL',
  async ({ path }) => {
    const { sources, tokenizer, maxLength, batchSize, lossType, batches } = recipeOf(path);
    const padTokenId = tokenizer.padTokenId!;
    const kl = lossType !== 'apo_zero_unpaired';
    const { examples } = await prepareUnpaired(sources, tokenizer, { batchSize, maxLength, kl });
    const loader = new BatchLoader(examples, {
      batchSize,
      sampling: 'sequential',
      collate: collateUnpaired,
    });
    let i = 0;
    for await (const { batch } of loader.batches()) {
      const recorded = batches[i]!;
      const padded = padRows(batch, padTokenId);
      expect(idsAndMask(padded)).toEqual({
        input_ids: recorded.input_ids,
        attention_mask: recorded.attention_mask,
      });
      expect(completionMask(padded)).toEqual(recorded.completion_mask);
      expect(Array.from(batch.desirable, (x) => x === 1)).toEqual(recorded.label);
      expect('KL_input_ids' in recorded).toBe(kl);
      if (kl) {
        expect(idsAndMask(padRows(batch.kl, padTokenId))).toEqual({
          input_ids: recorded.KL_input_ids,
          attention_mask: recorded.KL_attention_mask,
        });
        expect(completionMask(padRows(batch.kl, padTokenId))).toEqual(recorded.KL_completion_mask);
      }
      if (++i === batches.length) break;
    }
  },
);
