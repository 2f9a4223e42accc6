import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ArgsOf } from '@attune/config';
import { type Row, readAllRows } from '@attune/data';
import { testGpu } from '@attune/gpu/testing';
import { bytesFromPath, readSafetensors } from '@attune/model';
import { recordedRun, train } from '@attune/trainer/testing';
import { describe, expect, test, vi } from 'vitest';
import { sftConfig } from './sft.config.ts';
import { SFTTrainer } from './sft.ts';

// All recorded runs lie in the repository; ATTUNE_FIXTURES points to a folder with others.
const root = process.env.ATTUNE_FIXTURES ?? new URL('../../fixtures', import.meta.url).pathname;
const cases = readdirSync(`${root}/sft`);

async function trainerOf(folder: string, change: ArgsOf<typeof sftConfig> = {}) {
  const { recipe: _, ...run } = recordedRun(folder, sftConfig);
  const { trainDataset } = run;
  const rows: Row[] = [];
  for await (const row of readAllRows([trainDataset])) rows.push(row);
  return SFTTrainer.create({
    ...run,
    gpu: await testGpu(),
    evalDataset: rows.slice(0, 5),
    args: { ...run.args, ...change },
  });
}

const relative = (actual: number, expected: number) => Math.abs(actual / expected - 1);

/**
 * How far the trained tensors are from the recorded ones: each number's difference as a part of its
 * tensor's largest (`far`: those beyond the bar of 1e-4), and the worst tensor by |difference| / |tensor|.
 *
 * One number of a run may be far: where a gradient cancels to a millionth of its neighbours', Adam
 * makes a whole step of what float32 leaves of it. PyTorch itself is off by up to 1e-4 there
 * (replayed: 7.5e-5 in float64, 9.9e-5 in float32).
 */
async function distance(trainer: SFTTrainer, file: string) {
  const truth = await readSafetensors(await bytesFromPath(file));
  const trained = await trainer.trained();
  const far: number[] = [];
  let tensor = 0;
  for (const [name, have] of trained) {
    const key = truth.has(name) ? name : `base_model.model.${name}`;
    const want = await truth.float32(key);
    let [difference, length, largest] = [0, 0, 0];
    for (const value of want) largest = Math.max(largest, Math.abs(value));
    for (let i = 0; i < want.length; i++) {
      const d = Math.abs(want[i]! - have[i]!);
      if (!(d / largest < 1e-4)) far.push(d / largest);
      difference += d * d;
      length += want[i]! * want[i]!;
    }
    tensor = Math.max(tensor, Math.sqrt(difference / length));
  }
  return { far, tensor };
}

describe('recorded TRL runs', () => {
  test.each(cases)(
    '%s: loss and gradient norm within 1e-5 at every step, weights within 1e-4',
    async (name) => {
      const folder = `${root}/sft/${name}`;
      const expected = JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8'));
      const trainer = await trainerOf(folder);
      expect(trainer.trainable.count).toBe(expected.trainable_parameters);
      const reports = await train(trainer);
      expect(reports.length).toBe(expected.steps.length);
      let tokens = 0;
      for (const [i, want] of expected.steps.entries()) {
        const got = reports[i]!;
        tokens += got.tokens;
        expect(relative(got.loss, want.loss), `loss of step ${i + 1}`).toBeLessThan(1e-5);
        expect(relative(got.gradNorm, want.grad_norm), `norm of step ${i + 1}`).toBeLessThan(1e-5);
        expect(got.learningRate).toBeCloseTo(want.learning_rate, 12);
        expect(got.epoch).toBeCloseTo(want.epoch, 9);
        expect(got.metrics.entropy).toBeCloseTo(want.entropy, 4);
        expect(got.metrics.mean_token_accuracy).toBeCloseTo(want.mean_token_accuracy, 6);
        expect(tokens).toBe(want.num_tokens);
      }
      const adapter = `${folder}/adapter/adapter_model.safetensors`;
      const final = existsSync(adapter) ? adapter : `${folder}/final.safetensors`;
      if (existsSync(final)) {
        const { far, tensor } = await distance(trainer, final);
        expect(far.length, `numbers off: ${far}`).toBeLessThanOrEqual(1);
        for (const part of far) expect(part).toBeLessThan(2e-4);
        expect(tensor).toBeLessThan(5e-5);
      }
      trainer.destroy();
    },
  );
});

test('gradient checkpointing changes no bit of a run but needs less memory', async () => {
  const folder = `${root}/sft/lora-all-linear-rslora`;
  const plain = await trainerOf(folder, { maxSteps: 3 });
  const saving = await trainerOf(folder, { maxSteps: 3, gradientCheckpointing: true });
  const losses = async (trainer: SFTTrainer) => (await train(trainer)).map(({ loss }) => loss);
  expect(await losses(saving)).toEqual(await losses(plain));
  expect((await saving.memoryEstimate()).get('activations')!).toBeLessThan(
    (await plain.memoryEstimate()).get('activations')!,
  );
  plain.destroy();
  saving.destroy();
});

test('a run that goes on from a saved state gives the bits of one that was never stopped', async () => {
  const folder = `${root}/sft/full-accumulate-cosine`;
  const whole = await trainerOf(folder);
  await train(whole);
  const first = await trainerOf(folder);
  const reports = await train(first, 3);
  const [parameters, m, v] = [
    await first.trained(),
    await first.trained('m'),
    await first.trained('v'),
  ];
  const second = await trainerOf(folder);
  second.restore({ parameters, m, v }, reports.at(-1)!.resume);
  const rest = await train(second);
  expect(rest[0]!.step).toBe(4);
  expect(await second.trained()).toEqual(await whole.trained());
  for (const trainer of [whole, first, second]) trainer.destroy();
});

test('evaluation changes nothing and gives the loss of the same rows', async () => {
  const trainer = await trainerOf(`${root}/sft/full-text`, { maxSteps: 1 });
  const before = await trainer.trained();
  const { eval_loss } = await trainer.evaluate();
  expect(eval_loss).toBeGreaterThan(5);
  expect(await trainer.evaluate()).toEqual(await trainer.evaluate());
  expect(await trainer.trained()).toEqual(before);
  trainer.destroy();
});

test('a loss that is not a number stops the run and leaves the weights of the step before', async () => {
  const trainer = await trainerOf(`${root}/sft/full-text`, { learningRate: 1e30, maxGradNorm: 0 });
  let kept: Map<string, Float32Array> | undefined;
  const run = async () => {
    for await (const _ of trainer.train()) kept = await trainer.trained();
  };
  await expect(run()).rejects.toMatchObject({ code: 'loss-not-finite' });
  expect(await trainer.trained()).toEqual(kept);
  trainer.destroy();
});

test('a step of a shape seen before makes no buffer and no bind group, and submits at most twice', async () => {
  const trainer = await trainerOf(`${root}/sft/full-packed-wrapped`, { maxSteps: 10 });
  const { device } = await testGpu();
  const buffers = vi.spyOn(device, 'createBuffer');
  const groups = vi.spyOn(device, 'createBindGroup');
  const submits = vi.spyOn(device.queue, 'submit');
  const counts: number[][] = [];
  for await (const { submits: counted } of trainer.train()) {
    counts.push([buffers, groups, submits].map(({ mock }) => mock.calls.length));
    expect(counted).toBeLessThanOrEqual(2);
  }
  const [before, after] = [counts.at(-4)!, counts.at(-1)!];
  expect(after[0]! - before[0]!).toBe(0);
  expect(after[1]! - before[1]!).toBe(0);
  expect(after[2]! - before[2]!).toBeLessThanOrEqual(3 * 2);
  vi.restoreAllMocks();
  trainer.destroy();
});
