import { expect, test } from 'vitest';
import { cpoConfig } from './cpo/cpo.config.ts';
import { CPOTrainer } from './cpo/cpo.ts';
import { orpoConfig } from './orpo/orpo.config.ts';
import { ORPOTrainer } from './orpo/orpo.ts';
import { expectRecorded, openCase, train } from './testing.ts';

async function trainerOf(trainer: 'orpo' | 'cpo', name: string) {
  if (trainer === 'orpo') {
    const run = await openCase(`orpo/${name}`, orpoConfig, 5);
    return { run, trainer: await ORPOTrainer.create(run.options) };
  }
  const run = await openCase(`cpo/${name}`, cpoConfig, 5);
  return { run, trainer: await CPOTrainer.create(run.options) };
}

// One of each way; scripts/parity/cases.mjs runs all 12 through the command line.
test.each([
  ['orpo', 'full'],
  ['orpo', 'lora-chat-accumulate'],
  ['orpo', 'lora-merge-truncate'],
  ['cpo', 'full-simpo'],
  ['cpo', 'lora-alphapo'],
  ['cpo', 'lora-cpo-simpo-accumulate'],
  ['cpo', 'lora-ipo-alpha'],
  ['cpo', 'lora-sigmoid'],
] as const)(
  '%s/%s: the figures of every step and the last weights are those that TRL recorded',
  async (algorithm, name) => {
    const { run, trainer } = await trainerOf(algorithm, name);
    await expectRecorded(trainer, run);
    trainer.destroy();
  },
);

test('neither keeps a reference, and evaluation has the metrics of training', async () => {
  for (const [algorithm, name] of [
    ['orpo', 'lora'],
    ['cpo', 'lora-sigmoid'],
  ] as const) {
    const { trainer } = await trainerOf(algorithm, name);
    expect((await trainer.memoryEstimate()).get('reference')).toBeUndefined();
    const [report] = await train(trainer, 1);
    const found = await trainer.evaluate();
    const names = Object.keys(report!.metrics).map((key) => `eval_${key}`);
    expect(Object.keys(found).sort()).toEqual(['eval_loss', ...names].sort());
    trainer.destroy();
  }
});
