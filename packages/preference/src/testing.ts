import { existsSync, readFileSync } from 'node:fs';
import type { Config } from '@attune/config';
import { type Row, readAllRows } from '@attune/data';
import { testGpu } from '@attune/gpu/testing';
import type { StepReport } from '@attune/trainer';
import { farthest, ofTheLoop, type Running, recordedRun, train } from '@attune/trainer/testing';
import { expect } from 'vitest';

// All recorded runs lie in the repository; ATTUNE_FIXTURES points to a folder with others.
export const root = process.env.ATTUNE_FIXTURES ?? new URL('../fixtures', import.meta.url).pathname;

/** A recorded run: what a trainer is made from, with the first `heldOut` rows held out too, and its figures. */
export async function openCase<C extends Config>(name: string, config: C, heldOut: number) {
  const folder = `${root}/${name}`;
  // A recipe of DPO has a list of losses.
  const { recipe, ...run } = recordedRun(folder, config, ['loss_type', 'loss_weights']);
  const rows: Row[] = [];
  for await (const row of readAllRows([run.trainDataset])) rows.push(row);
  return {
    folder,
    recipe,
    expected: JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8')) as {
      trainable_parameters: number;
      steps: Record<string, number>[];
    },
    // biome-ignore lint/suspicious/noExplicitAny: the batches differ by trainer.
    batches: JSON.parse(readFileSync(`${folder}/batches.json`, 'utf8')) as any[],
    options: {
      ...run,
      gpu: await testGpu(),
      evalDataset: rows.slice(0, heldOut),
      args: { perDeviceEvalBatchSize: 4, ...run.args },
      // What an earlier run left on this machine would be read.
      referenceCache: null,
    },
  };
}

const relative = (actual: number, expected: number) => Math.abs(actual / expected - 1);

/** Every step's figures and the last weights are those that TRL recorded. */
export async function expectRecorded(
  trainer: Running,
  { folder, expected }: Pick<Awaited<ReturnType<typeof openCase>>, 'folder' | 'expected'>,
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
