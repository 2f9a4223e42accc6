/**
 * Is a fine-tuned model of use? LoRA on short messages and the JSON records in them, then exact match on
 * messages it has not seen. TRL and PEFT reach 71 of 80 in 120 steps from 0 of 20.
 *
 *   node scripts/parity/extract.mjs MODEL TRAIN.jsonl TEST.jsonl OUTPUT_FOLDER [STEPS]
 *
 * Goes on from the last checkpoint in OUTPUT_FOLDER.
 */
import { readFile } from 'node:fs/promises';
import {
  checkpointSteps,
  diskFolder,
  Generator,
  loraTuning,
  openModel,
  Progress,
  prepareDataset,
  readCheckpoint,
  readSafetensors,
  requestGpu,
  SFTTrainer,
  Tokenizer,
  writeAdapter,
  writeCheckpoint,
  writeSafetensors,
} from 'attune';

const [modelPath, trainPath, testPath, output, steps = '120'] = process.argv.slice(2);
const model = await openModel(modelPath);
const tokenizer = Tokenizer.from({ ...model.tokenizer, generationConfig: model.generationConfig });
const rows = (await readFile(testPath, 'utf8'))
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const data = await prepareDataset([trainPath], tokenizer, {
  maxLength: 256,
  completionOnlyLoss: true,
});
const gpu = await requestGpu({ log: console.log });
const folder = await diskFolder(output);
const config = { r: 8, loraAlpha: 16, loraDropout: 0, targetModules: 'all-linear' };
const method = loraTuning(model.config, config);
const trainer = await SFTTrainer.create({
  gpu,
  config: model.config,
  weights: model.weights,
  method,
  padTokenId: tokenizer.padTokenId,
  train: data.examples,
  arguments: {
    seed: 42,
    learningRate: 1e-3,
    lrSchedulerType: 'linear',
    warmupSteps: 10,
    maxSteps: Number(steps),
    numTrainEpochs: 3,
    gradientAccumulationSteps: 1,
    maxGradNorm: 1,
    weightDecay: 0,
    adamBeta1: 0.9,
    adamBeta2: 0.999,
    adamEpsilon: 1e-8,
    perDeviceTrainBatchSize: 8,
    perDeviceEvalBatchSize: 8,
    trainSamplingStrategy: 'random',
    dataloaderDropLast: false,
    gradientCheckpointing: false,
    lossType: 'nll',
  },
});

const promptOf = ({ prompt, messages }) =>
  tokenizer.encodeChat(prompt ?? messages.slice(0, -1), { addGenerationPrompt: true }).ids;
const answerOf = ({ completion, messages }) => (completion ?? messages.slice(-1))[0].content;

async function exactMatch(some) {
  const generator = new Generator(trainer.executor, trainer.network, {
    batchSize: 16,
    positions: 512,
  });
  const answers = await generator.generate(some.map(promptOf), {
    maxNewTokens: 64,
    eosTokenIds: tokenizer.eosTokenIds,
  });
  generator.destroy();
  let right = 0;
  for (const [i, { ids }] of answers.entries()) {
    const text = tokenizer.decode(ids, { skipSpecialTokens: true }).trim();
    if (text === answerOf(some[i]).trim()) right++;
    else if (i < 6) console.log(`  wanted ${answerOf(some[i])}\n  got    ${text}`);
  }
  return right;
}

async function log(row) {
  console.log(JSON.stringify(row));
  await folder.append('log.jsonl', `${JSON.stringify(row)}\n`);
}

const bytes = (tensors) =>
  writeSafetensors(
    method.tensors.map(({ name, shape }) => {
      const values = tensors.get(name);
      return {
        name,
        dtype: 'F32',
        shape: [...shape],
        data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      };
    }),
    {},
  );
const tensorsOf = async (part) => {
  const file = await readSafetensors(part);
  return new Map(
    await Promise.all(file.names().map(async (name) => [name, await file.float32(name)])),
  );
};

const last = (await checkpointSteps(folder)).at(-1);
if (last) {
  const parts = await readCheckpoint(folder, `checkpoint-${last}`);
  const [parameters, m, v] = await Promise.all(
    ['parameters', 'm', 'v'].map((role) => tensorsOf(parts.get(role))),
  );
  trainer.restore(
    { parameters, m, v },
    JSON.parse(new TextDecoder().decode(parts.get('resume.json'))),
  );
} else {
  await log({
    step: 0,
    rows: 20,
    exact_match: await exactMatch(rows.slice(0, 20)),
    adapter: gpu.adapter.description,
  });
}
const progress = new Progress();
for await (const report of trainer.steps()) {
  const { step, loss, gradNorm, learningRate, seconds, tokens } = report;
  console.log(progress.line(report));
  await log({ step, loss, grad_norm: gradNorm, learning_rate: learningRate, tokens, seconds });
  if (step % 20 !== 0 && step !== trainer.totalSteps) continue;
  const roles = await Promise.all(
    ['parameters', 'm', 'v'].map(async (role) => [role, bytes(await trainer.trained(role))]),
  );
  const parts = new Map([
    ...roles,
    ['resume.json', new TextEncoder().encode(JSON.stringify(report.resume))],
  ]);
  await writeCheckpoint(folder, step, parts, 2);
  if (step % 40 === 0 && step !== trainer.totalSteps) {
    await log({ step, rows: 20, exact_match: await exactMatch(rows.slice(0, 20)) });
  }
}
for (const [file, content] of writeAdapter(method, await trainer.trained(), {
  baseModel: 'HuggingFaceTB/SmolLM2-135M-Instruct',
})) {
  await folder.write(file, content);
}
await log({ step: trainer.totalSteps, rows: rows.length, exact_match: await exactMatch(rows) });
trainer.destroy();
gpu.destroy();
