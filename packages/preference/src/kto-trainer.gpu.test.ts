import { prepareUnpaired } from '@attune/data';
import { expect, test } from 'vitest';
import { type KTOArguments, KTOTrainer } from './kto-trainer.ts';
import { expectRecorded, openCase, train } from './testing.ts';

async function trainerOf(name: string, change: Partial<KTOArguments> = {}) {
  const run = await openCase(`kto/${name}`);
  const args: KTOArguments = { ...run.args, ...change };
  const { examples } = await prepareUnpaired([run.data], run.tokenizer, {
    batchSize: Math.max(2, args.perDeviceTrainBatchSize),
    maxLength: run.recipe.max_length,
    kl: args.lossType !== 'apo_zero_unpaired',
  });
  const evaluation = examples.slice(0, 8);
  const options = { ...run.options, train: examples, evaluation, arguments: args };
  return { run, trainer: await KTOTrainer.create(options) };
}

// One of each way; scripts/parity/cases.mjs runs all 11 through the command line.
test.each([
  'full',
  'lora-accumulate',
  'lora-apo-zero-unpaired',
  'lora-from-pairs',
  'lora-precomputed',
  'lora-short-last-batch',
  'lora-weights',
])(
  '%s: the figures of every step and the last weights are those that TRL recorded',
  async (name) => {
    const { run, trainer } = await trainerOf(name);
    await expectRecorded(trainer, run);
    trainer.destroy();
  },
);

test('computed once, the reference gives the steps of one asked every time', async () => {
  const losses = async (precomputeRefLogProbs: boolean) => {
    const { trainer } = await trainerOf('lora', { precomputeRefLogProbs });
    const found = (await train(trainer, 4)).map(({ loss }) => loss);
    const { eval_loss } = await trainer.evaluate();
    trainer.destroy();
    return [...found, eval_loss!];
  };
  const [asked, once] = [await losses(false), await losses(true)];
  once.forEach((loss, i) => {
    expect(loss).toBeCloseTo(asked[i]!, 5);
  });
});

test.each<[Partial<KTOArguments>, string, RegExp]>([
  [{ trainSamplingStrategy: 'random' }, 'bad-value', /exchanged between neighbouring rows/],
  [{ perDeviceTrainBatchSize: 1 }, 'kto-batch-too-small', /batch of one/],
])('%j is refused by name', async (change, code, words) => {
  const started = trainerOf('lora', change);
  await expect(started).rejects.toMatchObject({ code });
  await expect(started).rejects.toThrow(words);
});
