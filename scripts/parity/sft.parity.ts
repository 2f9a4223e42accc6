import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { BatchLoader, prepareDataset } from '@attune/data';
import { testGpu } from '@attune/gpu/testing';
import { bytesFromPath, Network, openModel, readSafetensors, uploadWeights } from '@attune/model';
import { fullTuning, initialise, loraFromFiles, readAdapter } from '@attune/peft';
import { Executor, Store, Trainable } from '@attune/plan';
import { NextToken } from '@attune/sft';
import { Tokenizer } from '@attune/tokenizer';
import { trainingSteps } from '@attune/trainer';
import { expect, test } from 'vitest';

// A flat recipe needs no YAML library: `key: value` lines, `- item` lists are not read here.
const parse = (text: string) =>
  Object.fromEntries(
    [...text.matchAll(/^(\w+): (\S.*)$/gm)].map(([, key, value]) => [key, scalar(value!)]),
  );
const scalar = (v: string) =>
  v === 'true'
    ? true
    : v === 'false'
      ? false
      : Number.isNaN(Number(v))
        ? v.replaceAll("'", '')
        : Number(v);

const root = process.env.ATTUNE_FIXTURES ?? '';
const cases = readdirSync(`${root}/sft`);

test.each(cases)('sft/%s: every step within 1e-5, final weights within 1e-4', async (name) => {
  const folder = `${root}/sft/${name}`;
  const recipe = parse(readFileSync(`${folder}/recipe.yaml`, 'utf8'));
  const expected = JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8'));
  const model = await openModel(`${folder}/${recipe.model_name_or_path}`);
  const tokenizer = Tokenizer.from(model.tokenizer);
  const gpu = await testGpu();
  const store = new Store(gpu);
  const lora = existsSync(`${folder}/initial`)
    ? loraFromFiles(
        model.config,
        await readAdapter(async (f) => readFileSync(`${folder}/initial/${f}`)),
      )
    : undefined;
  const method = lora?.method ?? fullTuning(model.config);
  const trainable = new Trainable(method.tensors);
  expect(trainable.count).toBe(expected.trainable_parameters);
  trainable.allocate(store);
  await initialise(method, trainable, store, model.weights);
  for (const [key, data] of lora?.values ?? []) trainable.write(store, key, data);
  await uploadWeights(store, model.config, model.weights, { except: (n) => method.replaces(n) });
  const data = await prepareDataset(
    [`${folder}/${/data_files: (\S+)/.exec(readFileSync(`${folder}/recipe.yaml`, 'utf8'))![1]}`],
    tokenizer,
    {
      maxLength: recipe.max_length,
      packing: recipe.packing,
      packingStrategy: recipe.packing_strategy,
      completionOnlyLoss: recipe.completion_only_loss,
      assistantOnlyLoss: recipe.assistant_only_loss,
    },
  );
  const loader = new BatchLoader(data.examples, {
    batchSize: recipe.per_device_train_batch_size,
    padTokenId: tokenizer.padTokenId!,
    sampling: 'sequential',
  });
  const executor = new Executor(store);
  const objective = new NextToken(
    executor,
    {
      train: new Network(model.config, method.tuning(trainable)),
      evaluate: new Network(model.config, method.tuning(trainable, { gradient: false })),
    },
    {
      lossType: recipe.loss_type,
      gradientCheckpointing: recipe.gradient_checkpointing,
      positions: model.config.maxPositionEmbeddings,
      seed: 42,
    },
  );
  let worstLoss = 0;
  let worstNorm = 0;
  let worstEntropy = 0;
  let tokens = 0;
  for await (const step of trainingSteps({
    executor,
    trainable,
    loader,
    objective,
    totalSteps: recipe.max_steps,
    arguments: {
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
    } as never,
  })) {
    const want = expected.steps[step.step - 1];
    tokens += step.tokens;
    worstLoss = Math.max(worstLoss, Math.abs(step.loss / want.loss - 1));
    worstNorm = Math.max(worstNorm, Math.abs(step.gradNorm / want.grad_norm - 1));
    worstEntropy = Math.max(
      worstEntropy,
      Math.abs(step.metrics.entropy! - want.entropy),
      Math.abs(step.metrics.mean_token_accuracy! - want.mean_token_accuracy),
    );
    expect(tokens).toBe(want.num_tokens);
    expect(Math.abs(step.learningRate - want.learning_rate)).toBeLessThan(1e-12);
  }
  const final = existsSync(`${folder}/adapter`)
    ? `${folder}/adapter/adapter_model.safetensors`
    : `${folder}/final.safetensors`;
  let worstWeight = 0;
  if (existsSync(final)) {
    const truth = await readSafetensors(await bytesFromPath(final));
    const got = await trainable.read(store);
    for (const key of truth.names()) {
      const want = await truth.float32(key);
      const have = got.get(key.replace('base_model.model.', ''));
      if (!have) continue;
      let scale = 1e-8;
      for (const w of want) scale = Math.max(scale, Math.abs(w));
      for (let i = 0; i < want.length; i++)
        worstWeight = Math.max(worstWeight, Math.abs(want[i]! - have[i]!) / scale);
    }
  }
  console.log(
    name,
    'loss',
    worstLoss.toExponential(1),
    'norm',
    worstNorm.toExponential(1),
    'entropy',
    worstEntropy.toExponential(1),
    'weights',
    worstWeight.toExponential(1),
  );
  expect(worstLoss).toBeLessThan(1e-5);
  expect(worstNorm).toBeLessThan(1e-5);
  expect(worstWeight).toBeLessThan(1e-4);
  objective.destroy();
  executor.destroy();
  store.destroy();
});
