/**
 * How a training step grows with the length of a document: LoRA (r = 8, all linear layers) on one row of
 * 256, 512, 1024 and 2048 tokens. In turns with each, the same tokens as documents of 256 in one row: there
 * every product is as large, and attention looks back no further than in the shortest, so that the
 * difference of the two is attention's quadratic part, which is told apart. Exits with 1 where a token of
 * the longest row, apart from that part, costs more than 1.3 times one of the shortest.
 *
 *   node scripts/length-cost.mjs --device lavapipe [--model M] [--rounds 5] [--longest 2048]
 *
 * M is a model's folder; without it the embedded model, whose rotary table is made longer. Medians, by CPU
 * time, which other jobs hardly move. Build first (npm run build).
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loraTuning, openModel, requestGpu, SFTTrainer } from 'attune';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'auto' },
    model: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    longest: { type: 'string', default: '2048' },
  },
});
const [rounds, longest] = [Number(values.rounds), Number(values.longest)];
const shortest = 256;
const allowed = 1.3;
const embedded = fileURLToPath(new URL('../packages/tiny/model', import.meta.url));
const { config: own, weights } = await openModel(values.model ? resolve(values.model) : embedded);
const config = {
  ...own,
  maxPositionEmbeddings: Math.max(longest, own.maxPositionEmbeddings),
};
const gpu = await requestGpu({ device: values.device, log: console.error });
const uncounted = 2;

/** A trainer whose every step is the same: `tokens` in documents of `length`. */
async function trainer(tokens, length) {
  const documents = Array.from({ length: tokens / length }, (_, row) => {
    const inputIds = Int32Array.from(
      { length },
      (_, i) => (97 * (row * length + i) + 5) % config.vocabSize,
    );
    return { inputIds, labels: inputIds.slice() };
  });
  const size = documents.length;
  return SFTTrainer.create({
    gpu,
    config,
    weights,
    padTokenId: 0,
    method: loraTuning(config, { targetModules: 'all-linear', r: 8, loraAlpha: 16 }),
    train: documents,
    arguments: {
      ...{ seed: 1, maxSteps: rounds + uncounted, numTrainEpochs: 1, maxGradNorm: 1 },
      ...{ gradientAccumulationSteps: 1, gradientCheckpointing: false, weightDecay: 0 },
      ...{ trainSamplingStrategy: 'sequential', dataloaderDropLast: false, warmupSteps: 0 },
      ...{ learningRate: 1e-4, lrSchedulerType: 'constant', lossType: 'nll' },
      ...{ adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8 },
      ...{ perDeviceTrainBatchSize: size, perDeviceEvalBatchSize: size },
    },
  });
}

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

/** Median milliseconds of a step, by the clock and of CPU, of one document and of short ones, in turns. */
async function measure(tokens) {
  const trainers = [await trainer(tokens, tokens)];
  if (tokens > shortest) trainers.push(await trainer(tokens, shortest));
  const steps = trainers.map((each) => each.steps());
  const taken = trainers.map(() => []);
  for (let round = 0; round < rounds + uncounted; round++) {
    for (const [i, each] of steps.entries()) {
      const began = [performance.now(), cpu()];
      const { done, value } = await each.next();
      if (done || !Number.isFinite(value.loss)) throw new Error(`step ${round + 1} was not taken`);
      if (round >= uncounted) taken[i].push([performance.now() - began[0], cpu() - began[1]]);
    }
  }
  for (const each of trainers) each.destroy();
  const found = taken.map((list) => [0, 1].map((which) => median(list.map((each) => each[which]))));
  return { whole: found[0], packed: found[1] ?? found[0] };
}

console.log(`adapter: ${gpu.adapter.description}, ${rounds} rounds`);
console.log(
  'tokens   step ms   CPU ms   in documents of 256   attention beyond   a token, × that of 256',
);
let base = Number.NaN;
let growth = Number.NaN;
for (let tokens = shortest; tokens <= longest; tokens *= 2) {
  const { whole, packed } = await measure(tokens);
  if (tokens === shortest) base = packed[1] / tokens;
  growth = packed[1] / tokens / base;
  const cells = [
    String(tokens).padStart(6),
    whole[0].toFixed(0).padStart(9),
    whole[1].toFixed(0).padStart(8),
    `${packed[1].toFixed(0)} CPU ms`.padStart(21),
    `${(whole[1] - packed[1]).toFixed(0)} CPU ms`.padStart(18),
    `${growth.toFixed(2)} (whole step ${(whole[1] / tokens / base).toFixed(2)})`.padStart(24),
  ];
  console.log(cells.join(''));
}
gpu.destroy();
if (!(growth <= allowed)) {
  console.error(`${growth.toFixed(2)} is above ${allowed}`);
  process.exit(1);
}
