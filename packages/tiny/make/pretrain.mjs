/**
 * Pretrains the embedded model from scratch with Attune's own SFTTrainer, on the text of stories.mjs.
 *
 *   node stories.mjs --documents 20000 --seed 1 --output corpus/train.jsonl
 *   node pretrain.mjs --data corpus/train.jsonl --tokenizer tokenizer --output model --steps 600
 *
 * Writes a Hugging Face model folder every 50 steps (weights in float16) and a log line a step.
 */
import { appendFile, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { encodeFloats, freshWeights, fullTuning, parseConfig, prepareDataset, requestGpu, SFTTrainer, Tokenizer, writeSafetensors } from 'attune';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    held: { type: 'string' },
    tokenizer: { type: 'string' },
    config: { type: 'string' },
    output: { type: 'string' },
    steps: { type: 'string', default: '600' },
    batch: { type: 'string', default: '8' },
    rate: { type: 'string', default: '4e-3' },
  },
});

const json = async (file) => JSON.parse(await readFile(file, 'utf8'));
const rawConfig = await json(values.config);
const config = parseConfig(rawConfig);
const tokenizerJson = await json(`${values.tokenizer}/tokenizer.json`);
const tokenizerConfig = await json(`${values.tokenizer}/tokenizer_config.json`);
const tokenizer = Tokenizer.from({ tokenizerJson, tokenizerConfig });
const options = { maxLength: 256, packing: true, packingStrategy: 'wrapped' };
const data = await prepareDataset([values.data], tokenizer, options);
const held = await prepareDataset([values.held], tokenizer, options);
const gpu = await requestGpu({ log: console.log });
const trainer = await SFTTrainer.create({
  gpu,
  config,
  weights: freshWeights(config, 42),
  method: fullTuning(config),
  padTokenId: tokenizer.padTokenId,
  train: data.examples,
  evaluation: held.examples.slice(0, 48),
  arguments: {
    seed: 42,
    learningRate: Number(values.rate),
    lrSchedulerType: 'cosine',
    warmupSteps: 40,
    maxSteps: Number(values.steps),
    numTrainEpochs: 1,
    gradientAccumulationSteps: 1,
    maxGradNorm: 1,
    weightDecay: 0.1,
    adamBeta1: 0.9,
    adamBeta2: 0.98,
    adamEpsilon: 1e-8,
    perDeviceTrainBatchSize: Number(values.batch),
    perDeviceEvalBatchSize: 16,
    trainSamplingStrategy: 'random',
    dataloaderDropLast: true,
    gradientCheckpointing: false,
    lossType: 'nll',
  },
});
await mkdir(values.output, { recursive: true });
const log = `${values.output}/metrics.jsonl`;
await writeFile(log, '');

async function save() {
  const weights = await trainer.trained();
  const tensors = [...trainer.trainable.tensors.values()].map(({ name, shape }) => ({
    name,
    dtype: 'F16',
    shape: [...shape],
    data: encodeFloats(weights.get(name), 'F16'),
  }));
  await writeFile(`${values.output}/model.safetensors`, writeSafetensors(tensors, { format: 'pt' }));
  await writeFile(`${values.output}/config.json`, `${JSON.stringify({ ...rawConfig, dtype: 'float16' }, null, 2)}\n`);
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) {
    await copyFile(`${values.tokenizer}/${file}`, `${values.output}/${file}`);
  }
}

console.log(`${trainer.trainable.count} parameters, ${data.examples.length} sequences`);
for await (const report of trainer.steps()) {
  const row = {
    step: report.step,
    loss: report.loss,
    grad_norm: report.gradNorm,
    learning_rate: report.learningRate,
    epoch: report.epoch,
    ...report.metrics,
    seconds: report.seconds,
  };
  if (report.step % 50 === 0 || report.step === report.totalSteps) {
    Object.assign(row, await trainer.evaluate());
    await save();
  }
  await appendFile(log, `${JSON.stringify(row)}\n`);
  if (report.step % 10 === 0) console.log(JSON.stringify(row));
}
trainer.destroy();
gpu.destroy();
