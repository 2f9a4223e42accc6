import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { preparePreference } from '@attune/data';
import { testGpu } from '@attune/gpu/testing';
import { bytesFromPath, openModel, readSafetensors, scoreModel } from '@attune/model';
import { fullTuning, loraFromFiles, loraTuning, readAdapter } from '@attune/peft';
import { Tokenizer } from '@attune/tokenizer';
import type { StepReport } from '@attune/trainer';
import { expect, test, vi } from 'vitest';
import { type RewardArguments, RewardTrainer } from './reward-trainer.ts';

// All recorded runs lie in the repository; ATTUNE_FIXTURES points to a folder with others.
const root = process.env.ATTUNE_FIXTURES ?? new URL('../fixtures', import.meta.url).pathname;
const cases = readdirSync(`${root}/reward`);

/** The flat `key: value` lines of a recipe: enough here, the command line reads real YAML. */
function readRecipe(file: string) {
  const pairs = [...readFileSync(file, 'utf8').matchAll(/^\s*-?\s*(\w+): (\S.*)$/gm)];
  // biome-ignore lint/suspicious/noExplicitAny: a recipe's values are of any kind.
  return Object.fromEntries(pairs.map(([, key, value]) => [key, scalar(value!)])) as any;
}

function scalar(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return Number.isNaN(Number(text)) ? text.replaceAll("'", '') : Number(text);
}

async function opened(folder: string) {
  const recipe = readRecipe(`${folder}/recipe.yaml`);
  const model = await openModel(`${folder}/${recipe.model_name_or_path}`);
  const tokenizer = Tokenizer.from(model.tokenizer);
  const padTokenId = tokenizer.padTokenId!;
  const { config, weights } = scoreModel(model, { padTokenId });
  return { recipe, tokenizer, padTokenId, config, weights };
}

async function trainerOf(
  folder: string,
  change: Partial<RewardArguments> = {},
  lora?: Parameters<typeof loraTuning>[1],
  heldOut = 5,
) {
  const { recipe, tokenizer, padTokenId, config, weights } = await opened(folder);
  const adapter = existsSync(`${folder}/initial`)
    ? loraFromFiles(
        config,
        await readAdapter(async (file) => readFileSync(`${folder}/initial/${file}`)),
      )
    : undefined;
  const { examples } = await preparePreference([`${folder}/${recipe.data_files}`], tokenizer, {
    trainer: 'reward',
    maxLength: recipe.max_length,
  });
  return RewardTrainer.create({
    gpu: await testGpu(),
    config,
    weights,
    method: lora ? loraTuning(config, lora) : (adapter?.method ?? fullTuning(config)),
    ...(adapter && !lora && { values: adapter.values }),
    padTokenId,
    train: examples,
    evaluation: examples.slice(0, heldOut),
    arguments: {
      seed: 42,
      learningRate: recipe.learning_rate,
      lrSchedulerType: recipe.lr_scheduler_type,
      warmupSteps: recipe.warmup_steps,
      maxSteps: recipe.max_steps,
      numTrainEpochs: 3,
      gradientAccumulationSteps: recipe.gradient_accumulation_steps,
      maxGradNorm: recipe.max_grad_norm,
      weightDecay: recipe.weight_decay,
      adamBeta1: recipe.adam_beta1,
      adamBeta2: recipe.adam_beta2,
      adamEpsilon: recipe.adam_epsilon,
      perDeviceTrainBatchSize: recipe.per_device_train_batch_size,
      perDeviceEvalBatchSize: 2,
      trainSamplingStrategy: 'sequential',
      dataloaderDropLast: false,
      gradientCheckpointing: recipe.gradient_checkpointing,
      centerRewardsCoefficient: recipe.center_rewards_coefficient,
      ...change,
    },
  });
}

async function train(trainer: RewardTrainer, steps = Number.POSITIVE_INFINITY) {
  const reports: StepReport[] = [];
  for await (const report of trainer.steps()) {
    reports.push(report);
    if (reports.length >= steps) break;
  }
  return reports;
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
  const losses = async (dropout: number, change: Partial<RewardArguments> = {}) => {
    const trainer = await trainerOf(folder, { maxSteps: 4, ...change }, lora(dropout));
    const reports = await train(trainer);
    trainer.destroy();
    return reports.map(({ loss }) => loss);
  };
  const plain = await losses(0);
  expect(await losses(0.5)).toEqual(plain);
  expect(await losses(0.5, { disableDropout: false })).not.toEqual(plain);
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
  expect((await saving.account()).get('activations')!).toBeLessThan(
    (await plain.account()).get('activations')!,
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
  const folder = `${root}/reward/full`;
  const { config, weights, padTokenId } = await opened(folder);
  const pair = (ids: number[]) => ({
    chosenIds: Int32Array.from(ids),
    chosenStart: 0,
    rejectedIds: Int32Array.of(1),
    rejectedStart: 0,
  });
  const create = (ids: number[], model = config, more = {}) =>
    RewardTrainer.create({
      gpu,
      config: model,
      weights,
      method: fullTuning(model),
      padTokenId,
      train: [{ ...pair([1]), ...more }, pair(ids)],
      arguments: {} as RewardArguments,
    });
  await expect(create([1], { ...config, head: 'lm' })).rejects.toMatchObject({
    code: 'missing-score-head',
  });
  await expect(create([1], { ...config, numLabels: 2 })).rejects.toMatchObject({
    code: 'bad-score-head',
  });
  await expect(create([1, config.vocabSize])).rejects.toMatchObject({
    code: 'vocabulary-mismatch',
    message: expect.stringContaining('training pair 2'),
  });
  await expect(create(Array(513).fill(1))).rejects.toMatchObject({ code: 'row-too-long' });
  await expect(create([])).rejects.toMatchObject({ code: 'empty-row' });
  await expect(create([1], config, { margin: 0.5 })).rejects.toMatchObject({
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
  for await (const { submits } of trainer.steps()) {
    counts.push([buffers, groups].map(({ mock }) => mock.calls.length));
    expect(submits).toBeLessThanOrEqual(2);
  }
  // The data set's 12 batches come again and again.
  expect(counts.at(-1)).toEqual(counts[23]);
  vi.restoreAllMocks();
  trainer.destroy();
});
