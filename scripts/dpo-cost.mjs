/**
 * What a step of DPO costs beside supervised fine-tuning: the embedded model with its LoRA adapter, pairs
 * of the tone data. In turns: a DPO step on P pairs, an SFT step on the same 2 P rows (the same tokens
 * trained), and one forward pass of the same rows, which is the reference's part. Tells the medians and
 * DPO / (SFT + forward); exits with 1 above 1.15.
 *
 *   node scripts/dpo-cost.mjs --device lavapipe [--pairs 8] [--rounds 12]
 *
 * Build first (npm run build).
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  DPOTrainer,
  openModel,
  preparePreference,
  requestGpu,
  SFTTrainer,
  Tokenizer,
} from 'attune';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'auto' },
    pairs: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '12' },
  },
});
const [pairs, rounds] = [Number(values.pairs), Number(values.rounds)];
const tiny = fileURLToPath(new URL('../packages/tiny', import.meta.url));
const model = await openModel(`${tiny}/model`);
const tokenizer = Tokenizer.from(model.tokenizer);
const file = `${tiny}/data/tone-train.jsonl`;
const trainDataset = readFileSync(file, 'utf8')
  .split('\n', pairs)
  .map((line) => JSON.parse(line));
// The same rows every time: nothing but the step itself is timed.
const { examples } = await preparePreference(trainDataset, tokenizer, { trainer: 'dpo' });
const rows = [
  ...examples.map(({ chosenIds: ids, chosenStart: start }) => ({ ids, start })),
  ...examples.map(({ rejectedIds: ids, rejectedStart: start }) => ({ ids, start })),
];
const sameRows = rows.map(({ ids, start }) => ({
  input_ids: [...ids],
  labels: [...ids].map((id, i) => (i < start ? -100 : id)),
}));
const gpu = await requestGpu({ device: values.device, log: console.error });
const common = {
  seed: 1,
  maxSteps: rounds + 2,
  gradientCheckpointing: false,
  trainSamplingStrategy: 'sequential',
  learningRate: 1e-4,
  lrSchedulerType: 'constant',
};
const made = {
  gpu,
  model,
  peftConfig: { peftType: 'LORA', targetModules: 'all-linear', r: 16, loraAlpha: 32 },
  log: () => {},
};
const dpo = await DPOTrainer.create({
  ...made,
  trainDataset,
  args: { ...common, perDeviceTrainBatchSize: pairs },
});
const sft = await SFTTrainer.create({
  ...made,
  trainDataset: sameRows,
  evalDataset: sameRows,
  args: { ...common, perDeviceTrainBatchSize: 2 * pairs, perDeviceEvalBatchSize: 2 * pairs },
});
// Evaluation is a forward pass of the rows, in a plan that is kept.
const forward = () => sft.evaluate();
const timed = async (work) => {
  const started = performance.now();
  await work();
  return performance.now() - started;
};
const times = { dpo: [], sft: [], forward: [] };
const [dpoSteps, sftSteps] = [dpo.train(), sft.train()];
for (let round = 0; round < rounds + 2; round++) {
  const found = {
    dpo: (await dpoSteps.next()).value.seconds * 1000,
    sft: (await sftSteps.next()).value.seconds * 1000,
    forward: await timed(forward),
  };
  // The first rounds compile.
  if (round >= 2) for (const [name, time] of Object.entries(found)) times[name].push(time);
}
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const [d, s, f] = [median(times.dpo), median(times.sft), median(times.forward)];
const ratio = d / (s + f);
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
console.log(
  JSON.stringify({
    device: values.device,
    pairs,
    tokens: sum(rows.map(({ ids }) => ids.length)),
    trained: sum(rows.map(({ ids, start }) => ids.length - start)),
    milliseconds: { dpo: Math.round(d), sft: Math.round(s), forward: Math.round(f) },
    ratio: Number(ratio.toFixed(3)),
  }),
);
for (const trainer of [dpo, sft]) trainer.destroy();
gpu.destroy();
process.exitCode = ratio <= 1.15 ? 0 : 1;
