import type { ArgsOf } from '@attune/config';
import { expect, test } from 'vitest';
import { expectRecorded, openCase, train } from '../testing.ts';
import { rlooConfig } from './rloo.config.ts';
import { RLOOTrainer } from './rloo.ts';

async function trainerOf(name: string, change: ArgsOf<typeof rlooConfig> = {}) {
  const run = await openCase(`rloo/${name}`, rlooConfig);
  const args = { ...run.options.args, ...change };
  const trainer = await RLOOTrainer.create({ ...run.options, args });
  return { run, trainer };
}

test.each([
  'full-two-rewards',
  'lora-beta',
  'lora-clip-range',
  'lora-iterations',
  'lora-mask-truncated',
  'lora-normalize',
])(
  '%s: the figures of every step and the last weights are those that TRL recorded',
  async (name) => {
    const { run, trainer } = await trainerOf(name);
    await expectRecorded(trainer, run);
    trainer.destroy();
  },
);

test('a run that goes on in the middle of a generation batch comes to the same bits', async () => {
  const first = await trainerOf('lora-iterations');
  const reports = await train(first.trainer);
  const weights = await first.trainer.trained();
  first.trainer.destroy();
  const stopped = await trainerOf('lora-iterations');
  const at = (await train(stopped.trainer, 3)).at(-1)!.resume;
  const [parameters, m, v] = await Promise.all(
    (['parameters', 'm', 'v'] as const).map((role) => stopped.trainer.trained(role)),
  );
  stopped.trainer.destroy();
  const resumed = await trainerOf('lora-iterations');
  const state = { parameters: parameters!, m: m!, v: v! };
  resumed.trainer.restore(state, JSON.parse(JSON.stringify(at)));
  const rest = await train(resumed.trainer);
  expect(rest.map(({ loss }) => loss)).toEqual(reports.slice(3).map(({ loss }) => loss));
  expect(await resumed.trainer.trained()).toEqual(weights);
  resumed.trainer.destroy();
});

test('bounds of rewards in the wrong order are refused', async () => {
  await expect(trainerOf('lora-beta', { rewardClipRange: [1, 0] })).rejects.toMatchObject({
    code: 'bad-value',
  });
});
