import { preparePreference } from '@attune/data';
import { expect, test } from 'vitest';
import { CPOTrainer } from './cpo-trainer.ts';
import { ORPOTrainer } from './orpo-trainer.ts';
import { expectRecorded, openCase, train } from './testing.ts';

async function trainerOf(trainer: 'orpo' | 'cpo', run: Awaited<ReturnType<typeof openCase>>) {
  const maxLength = run.recipe.max_length;
  const data = await preparePreference([run.data], run.tokenizer, { trainer, maxLength });
  const options = {
    ...run.options,
    train: data.examples,
    evaluation: data.examples.slice(0, 5),
    arguments: run.args,
  };
  return trainer === 'orpo' ? ORPOTrainer.create(options) : CPOTrainer.create(options);
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
  async (trainer, name) => {
    const run = await openCase(`${trainer}/${name}`);
    const trained = await trainerOf(trainer, run);
    await expectRecorded(trained, run);
    trained.destroy();
  },
);

test('neither keeps a reference, and evaluation has the metrics of training', async () => {
  for (const name of ['orpo', 'cpo'] as const) {
    const trainer = await trainerOf(
      name,
      await openCase(`${name}/lora${name === 'cpo' ? '-sigmoid' : ''}`),
    );
    expect((await trainer.account()).get('reference')).toBeUndefined();
    const [report] = await train(trainer, 1);
    const found = await trainer.evaluate();
    const names = Object.keys(report!.metrics).map((key) => `eval_${key}`);
    expect(Object.keys(found).sort()).toEqual(['eval_loss', ...names].sort());
    trainer.destroy();
  }
});
