import type { ArgsOf } from '@attune/config';
import { expect, test } from 'vitest';
import { expectRecorded, openCase, train } from '../testing.ts';
import { ktoConfig } from './kto.config.ts';
import { KTOTrainer } from './kto.ts';

async function trainerOf(name: string, change: ArgsOf<typeof ktoConfig> = {}) {
  const run = await openCase(`kto/${name}`, ktoConfig, 8);
  const { options } = run;
  const lines: string[] = [];
  const trainer = await KTOTrainer.create({
    ...options,
    args: { ...options.args, ...change },
    log: (line) => lines.push(line),
  });
  return { run, trainer, lines };
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

test.each(['kto', 'apo_zero_unpaired'] as const)(
  'computed once, the reference of %s gives the steps of one asked every time',
  async (lossType) => {
    const losses = async (precomputeRefLogProbs: boolean) => {
      const { trainer } = await trainerOf('lora', { precomputeRefLogProbs, lossType });
      const found = (await train(trainer, 4)).map(({ loss }) => loss);
      const { eval_loss } = await trainer.evaluate();
      trainer.destroy();
      return [...found, eval_loss!];
    };
    const [asked, once] = [await losses(false), await losses(true)];
    once.forEach((loss, i) => {
      expect(loss).toBeCloseTo(asked[i]!, 5);
    });
  },
);

test('rows and kinds are counted, and weights that do not make up for them are said', async () => {
  const { trainer, lines } = await trainerOf('lora', { desirableWeight: 9 });
  expect(lines).toContainEqual(
    expect.stringMatching(
      /^Data: \d+ rows, \d+ completions, \d+ tokens; 8 completions held out\.$/,
    ),
  );
  expect(lines).toContainEqual(expect.stringMatching(/set desirable_weight from .* to /));
  trainer.destroy();
});

test.each<[ArgsOf<typeof ktoConfig>, string, RegExp]>([
  [{ trainSamplingStrategy: 'random' }, 'bad-value', /exchanged between neighbouring rows/],
  [{ perDeviceTrainBatchSize: 1 }, 'kto-batch-too-small', /batch of one/],
  [{ undesirableWeight: -1 }, 'bad-value', /undesirableWeight is -1/],
])('%j is refused by name', async (change, code, words) => {
  const started = trainerOf('lora', change);
  await expect(started).rejects.toMatchObject({ code });
  await expect(started).rejects.toThrow(words);
});
