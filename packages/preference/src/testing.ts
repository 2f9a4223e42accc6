import { existsSync, readFileSync } from 'node:fs';
import { testGpu } from '@attune/gpu/testing';
import { openModel } from '@attune/model';
import { fullTuning, loraFromFiles, readAdapter } from '@attune/peft';
import { Tokenizer } from '@attune/tokenizer';
import type { StepReport } from '@attune/trainer';
import {
  camelKeys,
  farthest,
  ofTheLoop,
  type Running,
  readRecipe,
  train,
} from '@attune/trainer/testing';
import { expect } from 'vitest';

// All recorded runs lie in the repository; ATTUNE_FIXTURES points to a folder with others.
export const root = process.env.ATTUNE_FIXTURES ?? new URL('../fixtures', import.meta.url).pathname;

/** Keys of a recipe whose values are lists. */
const lists = ['loss_type', 'loss_weights', 'lora_target_modules'];

/** A recorded run: its recipe, model, adapter and figures. */
export async function openCase(name: string) {
  const folder = `${root}/${name}`;
  const recipe = readRecipe(`${folder}/recipe.yaml`, lists);
  const model = await openModel(`${folder}/${recipe.model_name_or_path}`);
  const adapter = existsSync(`${folder}/initial`)
    ? await readAdapter(async (file) => readFileSync(`${folder}/initial/${file}`))
    : undefined;
  const lora = adapter && loraFromFiles(model.config, adapter);
  const tokenizer = Tokenizer.from(model.tokenizer);
  return {
    folder,
    recipe,
    tokenizer,
    data: `${folder}/${recipe.data_files}`,
    expected: JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8')) as {
      trainable_parameters: number;
      steps: Record<string, number>[];
    },
    // biome-ignore lint/suspicious/noExplicitAny: the batches differ by trainer.
    batches: JSON.parse(readFileSync(`${folder}/batches.json`, 'utf8')) as any[],
    options: {
      gpu: await testGpu(),
      config: model.config,
      weights: model.weights,
      method: lora?.method ?? fullTuning(model.config),
      ...(lora && { values: lora.values }),
      padTokenId: tokenizer.padTokenId!,
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

const relative = (actual: number, expected: number) => Math.abs(actual / expected - 1);

/** Every step's figures and the last weights are those that TRL recorded. */
export async function expectRecorded(
  trainer: Running,
  { folder, expected }: Awaited<ReturnType<typeof openCase>>,
): Promise<StepReport[]> {
  expect(trainer.trainable.count).toBe(expected.trainable_parameters);
  const reports = await train(trainer);
  expect(reports.length).toBe(expected.steps.length);
  for (const [i, want] of expected.steps.entries()) {
    const { loss, gradNorm, learningRate, metrics } = reports[i]!;
    expect(relative(loss, want.loss!), `loss of step ${i + 1}`).toBeLessThan(2e-5);
    expect(relative(gradNorm, want.grad_norm!), `norm of step ${i + 1}`).toBeLessThan(2e-5);
    expect(learningRate).toBeCloseTo(want.learning_rate!, 12);
    for (const [key, value] of Object.entries(want)) {
      if (ofTheLoop.includes(key)) continue;
      const error = Math.abs(metrics[key]! - value) / Math.max(1, Math.abs(value));
      expect(error, `${key} of step ${i + 1}`).toBeLessThan(1e-3);
    }
    const extra = Object.keys(metrics).filter((key) => !(key in want));
    expect(extra, `of step ${i + 1}`).toEqual([]);
  }
  const adapter = `${folder}/adapter/adapter_model.safetensors`;
  const final = existsSync(adapter) ? adapter : `${folder}/final.safetensors`;
  if (existsSync(final)) expect(await farthest(trainer, final)).toBeLessThan(2e-4);
  return reports;
}

export { train };
