import { existsSync, readFileSync } from 'node:fs';
import type { Config } from '@attune/config';
import { testGpu } from '@attune/gpu/testing';
import { farthest, ofTheLoop, type Running, recordedRun, train } from '@attune/trainer/testing';
import { expect } from 'vitest';

// All recorded runs lie in the repository; ATTUNE_FIXTURES points to a folder with others.
export const root = process.env.ATTUNE_FIXTURES ?? new URL('../fixtures', import.meta.url).pathname;

/** Keys of a recipe whose values are lists. */
const lists = ['reward_funcs', 'reward_weights', 'reward_clip_range', 'lora_target_modules'];

/** A recorded run: what a trainer is made from, and its figures. */
export async function openCase<C extends Config>(name: string, config: C) {
  const folder = `${root}/${name}`;
  const { recipe, trainDataset: _, ...run } = recordedRun(folder, config, lists);
  return {
    folder,
    expected: JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8')) as {
      trainable_parameters: number;
      steps: Record<string, number>[];
    },
    options: {
      ...run,
      gpu: await testGpu(),
      rollouts: `${folder}/rollouts.jsonl`,
      rewardFuncs: (recipe.reward_funcs as string[]).map((path) => ({
        name: path.split('.').at(-1)!,
        score: () => [],
      })),
    },
  };
}

/** Relative, but absolute in units of `floor` for what is smaller: a loss of both signs may be 0. */
const apart = (have: number, want: number, floor: number) =>
  Math.abs(have - want) / Math.max(Math.abs(want), floor);

/** Every step's figures and the last weights are those that TRL recorded. */
export async function expectRecorded(
  trainer: Running,
  { folder, expected }: Pick<Awaited<ReturnType<typeof openCase>>, 'folder' | 'expected'>,
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
