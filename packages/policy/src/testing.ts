import { existsSync, readFileSync } from 'node:fs';
import { testGpu } from '@attune/gpu/testing';
import { openModel } from '@attune/model';
import { fullTuning, loraFromFiles, readAdapter } from '@attune/peft';
import {
  camelKeys,
  farthest,
  ofTheLoop,
  type Running,
  readRecipe,
  train,
} from '@attune/trainer/testing';
import { expect } from 'vitest';
import { type RecordedRow, type ReplayOptions, replay } from './replay.ts';

// All recorded runs lie in the repository; ATTUNE_FIXTURES points to a folder with others.
export const root = process.env.ATTUNE_FIXTURES ?? new URL('../fixtures', import.meta.url).pathname;

/** Keys of a recipe whose values are lists. */
const lists = ['reward_funcs', 'reward_weights', 'reward_clip_range', 'lora_target_modules'];

/** A recorded run: its recipe, model, adapter, rollouts and figures. */
export async function openCase(name: string) {
  const folder = `${root}/${name}`;
  const recipe = readRecipe(`${folder}/recipe.yaml`, lists);
  const model = await openModel(`${folder}/${recipe.model_name_or_path}`);
  const adapter = existsSync(`${folder}/initial`)
    ? await readAdapter(async (file) => readFileSync(`${folder}/initial/${file}`))
    : undefined;
  const lora = adapter && loraFromFiles(model.config, adapter);
  const json = (file: string) => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
  const lines = (file: string) => readFileSync(`${folder}/${file}`, 'utf8').trim().split('\n');
  const rows = lines('rollouts.jsonl').map((line) => JSON.parse(line) as RecordedRow);
  const steps = recipe.steps_per_generation ?? recipe.gradient_accumulation_steps;
  const recording: ReplayOptions = {
    rows,
    roundSize: recipe.per_device_train_batch_size * steps,
    numGenerations: recipe.num_generations,
    maxCompletionLength: recipe.max_completion_length,
    vocabSize: model.config.vocabSize,
    positions: model.config.maxPositionEmbeddings,
    rewardNames: recipe.reward_funcs.map((path: string) => path.split('.').at(-1)!),
    order: (json('batches.json') as { rows: number[] }[]).map((batch) => batch.rows),
  };
  return {
    folder,
    recipe,
    recording,
    expected: json('expected.json') as {
      trainable_parameters: number;
      steps: Record<string, number>[];
    },
    options: {
      gpu: await testGpu(),
      config: model.config,
      weights: model.weights,
      method: lora?.method ?? fullTuning(model.config),
      ...(lora && { values: lora.values }),
      padTokenId: 3,
      eosTokenIds: [2],
      rollouts: replay(recording),
    },
    /** What every trainer takes, as the recipe gives it. */
    args: {
      ...camelKeys(recipe),
      seed: 42,
      numTrainEpochs: 3,
      perDeviceEvalBatchSize: 4,
      trainSamplingStrategy: 'sequential' as const,
      dataloaderDropLast: false,
      // biome-ignore lint/suspicious/noExplicitAny: a recipe's values are of any kind.
    } as any,
  };
}

/** Relative, but absolute in units of `floor` for what is smaller: a loss of both signs may be 0. */
const apart = (have: number, want: number, floor: number) =>
  Math.abs(have - want) / Math.max(Math.abs(want), floor);

/** Every step's figures and the last weights are those that TRL recorded. */
export async function expectRecorded(
  trainer: Running,
  { folder, expected }: Awaited<ReturnType<typeof openCase>>,
  bar = 2e-5,
): Promise<void> {
  expect(trainer.trainable.count).toBe(expected.trainable_parameters);
  const reports = await train(trainer);
  expect(reports.length).toBe(expected.steps.length);
  let tokens = 0;
  for (const [i, want] of expected.steps.entries()) {
    const { loss, gradNorm, learningRate, metrics, ...report } = reports[i]!;
    expect(apart(loss, want.loss!, 0.1), `loss of step ${i + 1}`).toBeLessThan(bar);
    expect(apart(gradNorm, want.grad_norm!, 0.01), `norm of step ${i + 1}`).toBeLessThan(2e-5);
    expect(learningRate).toBeCloseTo(want.learning_rate!, 12);
    tokens += report.tokens;
    if (want.num_tokens !== undefined) expect(tokens).toBe(want.num_tokens);
    for (const [key, value] of Object.entries(want)) {
      if (ofTheLoop.includes(key)) continue;
      expect(apart(metrics[key]!, value, 1), `${key} of step ${i + 1}`).toBeLessThan(2e-5);
    }
    const extra = Object.keys(metrics).filter((key) => !(key in want));
    expect(extra, `of step ${i + 1}`).toEqual([]);
  }
  const adapter = `${folder}/adapter/adapter_model.safetensors`;
  const final = existsSync(adapter) ? adapter : `${folder}/final.safetensors`;
  if (existsSync(final)) expect(await farthest(trainer, final)).toBeLessThan(2e-4);
}

export { train };
