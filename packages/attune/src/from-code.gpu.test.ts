import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { group, number } from '@attune/config';
import { AttuneError, requestGpu } from '@attune/gpu';
import { type Algorithm, algorithm, TrainerSetup } from '@attune/trainer';
import { afterEach, expect, test, vi } from 'vitest';
import { dpo } from '../examples/dpo.ts';
import { grpo } from '../examples/grpo-reward-function.ts';
import { ownLoss } from '../examples/own-loss.ts';
import { rewardModel } from '../examples/reward-model.ts';
import { sftLora } from '../examples/sft-lora.ts';
import { main } from './cli.ts';
import { commandHelp } from './command-line/help.ts';
import { trainCommand } from './commands/train.ts';
import { DPOTrainer, SFTTrainer, sft, sftConfig } from './index.ts';

const model = new URL('../../preference/fixtures/models/pref-llama', import.meta.url).pathname;
const scratch = () => mkdtempSync(join(tmpdir(), 'attune-code-'));

const texts = Array.from({ length: 16 }, (_, i) => ({
  text: `The fox ${i % 2 ? 'runs' : 'sleeps'}.`,
}));
const pairs = Array.from({ length: 16 }, (_, i) => ({
  prompt: `Question ${i}: `,
  chosen: 'a kind and short answer',
  rejected: 'no',
}));

afterEach(() => void vi.restoreAllMocks());
const quiet = () => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
  return vi.spyOn(console, 'warn').mockImplementation(() => {});
};

test('SFT with LoRA: the loss falls, and the saved adapter answers', async () => {
  quiet();
  const { losses, answer } = await sftLora(model, texts, scratch(), 12);
  expect(losses).toHaveLength(12);
  expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]!);
  expect(typeof answer).toBe('string');
});

test('DPO: held-out pairs are told apart better than by chance', async () => {
  quiet();
  const held = await dpo(model, pairs, scratch(), 12);
  expect(held['eval_rewards/accuracies']).toBeGreaterThan(0.5);
  expect(held.eval_loss).toBeLessThan(Math.LN2);
});

test('GRPO with an own reward function reports a reward for every step', async () => {
  quiet();
  const rewards = await grpo(model, ['One: ', 'Two: '], 3);
  expect(rewards).toHaveLength(3);
  for (const reward of rewards) expect(reward).toBeLessThan(0);
});

test('a reward model trained on pairs scores rows of tokens', async () => {
  quiet();
  const scores = await rewardModel(model, pairs, scratch(), 4);
  expect(scores).toHaveLength(2);
  for (const score of scores) expect(Number.isFinite(score)).toBe(true);
});

test('an own loss in one file trains', async () => {
  quiet();
  const losses = await ownLoss(model, texts, 8);
  expect(losses.at(-1)).toBeLessThan(losses[0]!);
});

/** What the library says of the same fault as a recipe. */
async function bothSay(args: Record<string, unknown>, recipe: string) {
  const warn = quiet();
  const code = await DPOTrainer.create({ model, trainDataset: pairs, args: args as never }).then(
    () => undefined,
    (error: unknown) => error as AttuneError,
  );
  expect(code).toBeInstanceOf(AttuneError);
  const said: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  const folder = scratch();
  writeFileSync(join(folder, 'pairs.jsonl'), pairs.map((row) => JSON.stringify(row)).join('\n'));
  writeFileSync(
    join(folder, 'recipe.yaml'),
    `model_name_or_path: ${model}\ndataset_name: ${folder}/pairs.jsonl\noutput_dir: ${folder}/out\n${recipe}\n`,
  );
  const status = await main(['dpo', '--config', join(folder, 'recipe.yaml')]);
  warn.mockRestore();
  return { code: code!, said: said.join(''), status };
}

test.each([
  ['mistyped', { beta: 'strong' }, 'beta: strong', 'bad-value'],
  ['out of range', { beta: -1 }, 'beta: -1', 'bad-value'],
  [
    'contradictory',
    { lossType: ['sigmoid', 'ipo'], lossWeights: [1] },
    'loss_type: [sigmoid, ipo]\nloss_weights: [1]',
    'bad-value',
  ],
  ['misspelt', { bta: 0.2 }, 'bta: 0.2', 'unknown-key'],
  ['not done here', { useLigerKernel: true, fp16: true }, 'fp16: true', undefined],
])('%s: the same fault from code and from a recipe', async (_, args, recipe, expected) => {
  if (expected === undefined) return void (await expectRefused(args));
  const { code, said, status } = await bothSay(args, recipe);
  expect(code.code).toBe(expected);
  expect(status).toBe(2);
  expect(said).toContain(`[${expected}]`);
});

async function expectRefused(args: Record<string, unknown>) {
  quiet();
  await expect(
    DPOTrainer.create({ model, trainDataset: pairs, args: args as never }),
  ).rejects.toMatchObject({ code: 'key-not-done' });
}

test.each([
  ['a number for rows', { model, trainDataset: 5 }, 'dataset-invalid'],
  ['no rows', { model }, 'missing-key'],
  ['a folder without a model', { model: tmpdir(), trainDataset: pairs }, undefined],
  ['no model', { trainDataset: pairs }, 'missing-key'],
])('%s is refused by name', async (_, options, code) => {
  quiet();
  const refused = expect(DPOTrainer.create(options as never)).rejects;
  await (code ? refused.toMatchObject({ code }) : refused.toBeInstanceOf(AttuneError));
});

test('two trainers share a device, and one that is destroyed in mid-step leaves the other', async () => {
  quiet();
  const gpu = await requestGpu();
  const args = { maxSteps: 4, perDeviceTrainBatchSize: 2, learningRate: 1e-4 };
  const one = await SFTTrainer.create({ model, trainDataset: texts, args, gpu });
  const two = await SFTTrainer.create({ model, trainDataset: texts, args, gpu });
  const steps = one.train();
  await steps.next();
  const pending = steps.next();
  one.destroy();
  await expect(pending).rejects.toBeInstanceOf(AttuneError);
  const losses: number[] = [];
  for await (const { loss } of two.train()) losses.push(loss);
  expect(losses).toHaveLength(4);
  for (const loss of losses) expect(Number.isFinite(loss)).toBe(true);
  two.destroy();
  gpu.destroy();
});

test('a new algorithm is stated once: keys, defaults, help and errors follow from its config', async () => {
  quiet();
  const config = {
    ...sftConfig,
    ...group('Toy', { sharpness: number(2, 'How sharp the toy is.', { min: 0 }) }),
  };
  let sharpness = 0;
  const toy: Algorithm<typeof config> = algorithm({
    ...sft,
    name: 'toy',
    order: 99,
    summary: 'Trains as SFT does, with a key of its own.',
    config,
    async create(options) {
      const setup = await TrainerSetup.open(toy, options);
      sharpness = setup.args.sharpness;
      return SFTTrainer.create({ model, trainDataset: texts, args: { maxSteps: 1 } });
    },
  });
  const command = trainCommand(toy as never);
  expect(commandHelp(command)).toContain('--sharpness');
  (await toy.create({ model, trainDataset: texts })).destroy();
  expect(sharpness).toBe(2);
  (await toy.create({ model, trainDataset: texts, args: { sharpness: 3 } })).destroy();
  expect(sharpness).toBe(3);
  const misspelt = { sharpnes: 3 } as never;
  await expect(toy.create({ model, trainDataset: texts, args: misspelt })).rejects.toThrow(
    /sharpness/,
  );
});
