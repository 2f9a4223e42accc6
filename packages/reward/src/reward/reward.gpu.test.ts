import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ArgsOf } from '@attune/config';
import { type Row, readAllRows } from '@attune/data';
import { testGpu } from '@attune/gpu/testing';
import { bytesFromPath, openModel, readSafetensors, scoreModel } from '@attune/model';
import type { LoraConfig } from '@attune/peft';
import { recordedRun, train } from '@attune/trainer/testing';
import { expect, test, vi } from 'vitest';
import { rewardConfig } from './reward.config.ts';
import { RewardTrainer } from './reward.ts';

// All recorded runs lie in the repository; ATTUNE_FIXTURES points to a folder with others.
const root = process.env.ATTUNE_FIXTURES ?? new URL('../../fixtures', import.meta.url).pathname;
const cases = readdirSync(`${root}/reward`);

async function trainerOf(
  folder: string,
  change: ArgsOf<typeof rewardConfig> = {},
  lora?: Partial<LoraConfig>,
  heldOut = 5,
) {
  const { recipe: _, adapter, ...run } = recordedRun(folder, rewardConfig);
  const rows: Row[] = [];
  for await (const row of readAllRows([run.trainDataset])) rows.push(row);
  return RewardTrainer.create({
    ...run,
    ...(lora ? { peftConfig: { peftType: 'LORA', ...lora } } : adapter && { adapter }),
    gpu: await testGpu(),
    evalDataset: rows.slice(0, heldOut),
    args: { perDeviceEvalBatchSize: 2, ...run.args, ...change },
  });
}

const relative = (actual: number, expected: number) => Math.abs(actual / expected - 1);

/** How far the trained tensors are from the recorded ones: the worst number, and |difference| / |tensor|. */
async function distance(trainer: RewardTrainer, file: string) {
  const truth = await readSafetensors(await bytesFromPath(file));
  const worst = { number: 0, tensor: 0, compared: 0 };
  for (const [name, have] of await trainer.trained()) {
    const want = await truth.float32(truth.has(name) ? name : `base_model.model.${name}`);
    let [difference, length] = [0, 0];
    for (let i = 0; i < want.length; i++) {
      const d = Math.abs(want[i]! - have[i]!);
      worst.number = Math.max(worst.number, Number.isNaN(d) ? Number.POSITIVE_INFINITY : d);
      difference += d * d;
      length += want[i]! * want[i]!;
    }
    worst.tensor = Math.max(worst.tensor, Math.sqrt(difference / length));
    worst.compared++;
  }
  return worst;
}

test.each(cases)(
  '%s, recorded with TRL: loss and gradient norm within 2e-5 at every step, metrics within 1e-3, weights within 2e-4',
  async (name) => {
    const folder = `${root}/reward/${name}`;
    const expected = JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8'));
    const trainer = await trainerOf(folder);
    expect(trainer.trainable.count).toBe(expected.trainable_parameters);
    const reports = await train(trainer);
    expect(reports.length).toBe(expected.steps.length);
    let tokens = 0;
    for (const [i, want] of expected.steps.entries()) {
      const got = reports[i]!;
      tokens += got.tokens;
      expect(relative(got.loss, want.loss), `loss of step ${i + 1}`).toBeLessThan(2e-5);
      expect(relative(got.gradNorm, want.grad_norm), `norm of step ${i + 1}`).toBeLessThan(2e-5);
      expect(got.learningRate).toBeCloseTo(want.learning_rate, 12);
      expect(got.epoch).toBeCloseTo(want.epoch, 9);
      for (const key of ['min_reward', 'mean_reward', 'max_reward', 'accuracy', 'margin']) {
        const apart = Math.abs(got.metrics[key]! - want[key]) / Math.max(1, Math.abs(want[key]));
        expect(apart, `${key} of step ${i + 1}`).toBeLessThan(1e-3);
      }
      expect(tokens).toBe(want.num_tokens);
    }
    const adapter = `${folder}/adapter/adapter_model.safetensors`;
    const final = existsSync(adapter) ? adapter : `${folder}/final.safetensors`;
    if (existsSync(final)) {
      const { number, tensor, compared } = await distance(trainer, final);
      expect(compared).toBe(trainer.trainable.tensors.size);
      expect(number).toBeLessThan(2e-4);
      expect(tensor).toBeLessThan(2e-4);
    }
    trainer.destroy();
  },
);

test('evaluation gives the loss of the same pairs before any step, and changes nothing', async () => {
  const folder = `${root}/reward/full-margin`;
  const { steps } = JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8'));
  const trainer = await trainerOf(folder, { perDeviceEvalBatchSize: 4 });
  const before = await trainer.trained();
  const found = await trainer.evaluate();
  expect(found).toEqual(await trainer.evaluate());
  expect(await trainer.trained()).toEqual(before);
  expect(Object.keys(found).sort()).toEqual(
    ['accuracy', 'loss', 'margin', 'max_reward', 'mean_reward', 'min_reward'].map(
      (k) => `eval_${k}`,
    ),
  );
  trainer.destroy();
  // The first four pairs are those of the first step.
  const four = await trainerOf(folder, { perDeviceEvalBatchSize: 4 }, undefined, 4);
  const means = await four.evaluate();
  expect(relative(means.eval_loss!, steps[0].loss)).toBeLessThan(2e-5);
  for (const key of ['min_reward', 'mean_reward', 'max_reward', 'accuracy', 'margin']) {
    expect(means[`eval_${key}`]).toBeCloseTo(steps[0][key], 5);
  }
  four.destroy();
});

test('LoRA drops nothing unless disable_dropout is false', async () => {
  const folder = `${root}/reward/lora-score`;
  const lora = (loraDropout: number) =>
    ({ targetModules: ['q_proj', 'v_proj'], r: 4, loraDropout, taskType: 'SEQ_CLS' }) as const;
  const losses = async (dropout: number, change: ArgsOf<typeof rewardConfig> = {}) => {
    const trainer = await trainerOf(folder, { maxSteps: 4, ...change }, lora(dropout));
    const reports = await train(trainer);
    trainer.destroy();
    return reports.map(({ loss }) => loss);
  };
  const plain = await losses(0);
  expect(await losses(0.5)).toEqual(plain);
  expect(await losses(0.5, { disableDropout: false })).not.toEqual(plain);
});

test('a new LoRA adapter trains the score head too, unless its task type is that of a language model', async () => {
  const model = `${root}/models/pref-llama`;
  const trainDataset = `${root}/data/pref-pairs.jsonl`;
  const lines: string[] = [];
  const create = async (more: object) =>
    RewardTrainer.create({
      gpu: await testGpu(),
      model,
      trainDataset,
      peftConfig: { peftType: 'LORA', targetModules: ['q_proj'], ...more },
      log: (line) => lines.push(line),
    });
  const trainer = await create({});
  expect(trainer.trainable.tensors.has('score.weight')).toBe(true);
  expect(lines).toContain('A score head stands in for the output layer.');
  trainer.destroy();
  await expect(create({ taskType: 'CAUSAL_LM' })).rejects.toMatchObject({
    code: 'missing-score-head',
  });
  await expect(
    create({ peftType: 'PROMPT_TUNING', numVirtualTokens: 4, targetModules: undefined }),
  ).rejects.toMatchObject({
    code: 'unsupported-adapter',
  });
});

test('a run that goes on from a saved state gives the bits of one that was never stopped', async () => {
  const folder = `${root}/reward/full-center-accumulate`;
  const whole = await trainerOf(folder, { trainSamplingStrategy: 'random' });
  await train(whole);
  const first = await trainerOf(folder, { trainSamplingStrategy: 'random' });
  const reports = await train(first, 3);
  const [parameters, m, v] = await Promise.all(
    (['parameters', 'm', 'v'] as const).map((role) => first.trained(role)),
  );
  const second = await trainerOf(folder, { trainSamplingStrategy: 'random' });
  second.restore({ parameters: parameters!, m: m!, v: v! }, reports.at(-1)!.resume);
  expect((await train(second))[0]!.step).toBe(4);
  expect(await second.trained()).toEqual(await whole.trained());
  for (const trainer of [whole, first, second]) trainer.destroy();
});

test('gradient checkpointing changes no bit of a run but needs less memory', async () => {
  const folder = `${root}/reward/lora-implicit-center`;
  const plain = await trainerOf(folder, { maxSteps: 3 });
  const saving = await trainerOf(folder, { maxSteps: 3, gradientCheckpointing: true });
  const losses = async (trainer: RewardTrainer) => (await train(trainer)).map(({ loss }) => loss);
  expect(await losses(saving)).toEqual(await losses(plain));
  expect((await saving.memoryEstimate()).get('activations')!).toBeLessThan(
    (await plain.memoryEstimate()).get('activations')!,
  );
  for (const trainer of [plain, saving]) trainer.destroy();
});

test('rewards that are no numbers stop a run before its step, and evaluation', async () => {
  const trainer = await trainerOf(`${root}/reward/full`);
  const broken = new Map(await trainer.trained());
  broken.set(
    'score.weight',
    broken.get('score.weight')!.map(() => Number.NaN),
  );
  const zero = new Map([...broken].map(([name, data]) => [name, new Float32Array(data.length)]));
  trainer.restore(
    { parameters: broken, m: zero, v: zero },
    { step: 0, next: { epoch: 0, index: 0 }, microBatches: 0 },
  );
  await expect(train(trainer)).rejects.toMatchObject({ code: 'loss-not-finite' });
  expect(await trainer.trained()).toEqual(broken);
  await expect(trainer.evaluate()).rejects.toMatchObject({ code: 'score-not-finite' });
  trainer.destroy();
});

test('a model without a score head, rows of another vocabulary, rows past the positions, and margins of some rows only are refused by name', async () => {
  const gpu = await testGpu();
  const opened = await openModel(`${root}/models/reward-llama`);
  const scoring = scoreModel(opened, { padTokenId: 3 });
  const pair = (completion: string) => ({ prompt: '', chosen: completion, rejected: 'x' });
  const create = (rows: object[], model = scoring) =>
    RewardTrainer.create({ gpu, model, trainDataset: rows as never, log: () => {} });
  const { config } = scoring;
  await expect(
    create([pair('a')], { ...scoring, config: { ...config, numLabels: 2 } }),
  ).rejects.toMatchObject({ code: 'bad-score-head' });
  await expect(
    create([pair('a'), pair('b')], { ...scoring, config: { ...config, vocabSize: 20 } }),
  ).rejects.toMatchObject({
    code: 'vocabulary-mismatch',
    message: expect.stringContaining('training pair 1'),
  });
  await expect(
    create([pair('a '.repeat(300))], {
      ...scoring,
      config: { ...config, maxPositionEmbeddings: 9 },
    }),
  ).rejects.toMatchObject({ code: 'row-too-long' });
  await expect(create([{ ...pair('a'), margin: 0.5 }, pair('b')])).rejects.toMatchObject({
    code: 'margin-missing',
    message: expect.stringContaining('pair 2 has none'),
  });
});

test('a step of a shape seen before makes no buffer and no bind group, and submits at most twice', async () => {
  const trainer = await trainerOf(`${root}/reward/full`, { maxSteps: 48 });
  const { device } = await testGpu();
  const buffers = vi.spyOn(device, 'createBuffer');
  const groups = vi.spyOn(device, 'createBindGroup');
  const counts: number[][] = [];
  for await (const { submits } of trainer.train()) {
    counts.push([buffers, groups].map(({ mock }) => mock.calls.length));
    expect(submits).toBeLessThanOrEqual(2);
  }
  // The data set's 12 batches come again and again.
  expect(counts.at(-1)).toEqual(counts[23]);
  vi.restoreAllMocks();
  trainer.destroy();
});
