/**
 * Trains the embedded model to prefer cheerful stories, with each preference algorithm (or on rewards:
 * grpo, rloo) and several seeds, and measures what it then *says*: on the held-out requests, the share of sampled stories that
 * are cheerful (packages/tiny/src/tone.ts), and how far the policy has gone from the model before, as
 * the KL divergence of a story in nats, estimated on the same samples.
 *
 *   node scripts/tone.mjs --device lavapipe --runs dpo,ipo,kto,orpo,simpo --seeds 1,2,3 \
 *     --output packages/tiny/records/tone-preference/figures.json
 *
 * Each run's recipe is packages/tiny/recipes/tone-RUN.yaml. Figures that the output file already has
 * are kept, so that a stopped series goes on. Build first (npm run build).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isCheerful, toneLexicon, tonePairs } from '@attune/tiny';
import {
  Executor,
  Generator,
  loraFromFiles,
  Network,
  openModel,
  readAdapter,
  referenceLogps,
  requestGpu,
  Store,
  Tokenizer,
  Trainable,
  uploadWeights,
} from 'attune';

const root = fileURLToPath(new URL('..', import.meta.url));
const tiny = join(root, 'packages/tiny');
const commands = {
  ...{ dpo: 'dpo', ipo: 'dpo', kto: 'kto', orpo: 'orpo', simpo: 'cpo' },
  ...{ grpo: 'grpo', rloo: 'rloo' },
};
const preferences = ['dpo', 'ipo', 'kto', 'orpo', 'simpo'];

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'auto' },
    runs: { type: 'string', default: preferences.join() },
    seeds: { type: 'string', default: '1,2,3' },
    samples: { type: 'string', default: '3' },
    work: { type: 'string', default: join(tiny, 'out/tone') },
    output: { type: 'string', default: join(tiny, 'records/tone-preference/figures.json') },
    // Any further key of the recipe, for trying: --set learning_rate=1e-3
    set: { type: 'string', multiple: true, default: [] },
  },
});

function train(run, seed, out) {
  const attune = join(root, 'packages/attune/bin/attune.mjs');
  const more = values.set.flatMap((pair) => [`--${pair.split('=')[0]}`, pair.split('=')[1]]);
  const args = [attune, commands[run], '--config', `recipes/tone-${run}.yaml`, '--seed', seed];
  args.push('--output_dir', out, '--device', values.device, ...more);
  const env = { ...process.env, ATTUNE_NO_BUILD: '1' };
  const { status } = spawnSync(process.execPath, args, { cwd: tiny, env, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${run} with seed ${seed} ended with ${status}.`);
}

/** Samples stories of the model with an adapter (or none) and judges them. */
async function measure(gpu, model, adapterFolder, seed) {
  const { config, weights } = model;
  const tokenizer = Tokenizer.from(model.tokenizer);
  const lexicon = await toneLexicon();
  const store = new Store(gpu);
  const executor = new Executor(store);
  await uploadWeights(store, config, weights);
  const base = new Network(config);
  let policy = base;
  if (adapterFolder) {
    const files = await readAdapter(async (file) => readFileSync(join(adapterFolder, file)));
    const { method, values: trained } = loraFromFiles(config, files);
    const trainable = new Trainable(method.tensors, gpu.traits.maxStorageBinding);
    trainable.allocate(store, ['parameters']);
    for (const [name, data] of trained) trainable.write(store, name, data);
    policy = new Network(config, method.tuning(trainable, { gradient: false }));
  }
  const requests = (await tonePairs('test')).map(({ prompt }) => prompt);
  const prompts = requests.flatMap((messages) =>
    Array.from({ length: Number(values.samples) }, () => [
      ...tokenizer.encodeChat(messages, { addGenerationPrompt: true }).ids,
    ]),
  );
  const eosTokenIds = [model.generationConfig?.eos_token_id ?? config.eosTokenIds].flat();
  const generator = new Generator(executor, policy, { batchSize: 64 });
  const options = { maxNewTokens: 160, temperature: 1, seed: 1000 + Number(seed), eosTokenIds };
  const stories = await generator.generate(prompts, options);
  const rows = stories.map(({ ids }, i) => ({
    ids: Int32Array.from([...prompts[i], ...ids]),
    start: prompts[i].length,
  }));
  const [own, before] = [
    await referenceLogps(rows, { executor, network: policy, batchSize: 16 }),
    await referenceLogps(rows, { executor, network: base, batchSize: 16 }),
  ];
  const mean = (numbers) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
  const texts = stories.map(({ ids }) => tokenizer.decode(ids));
  executor.destroy();
  store.destroy();
  return {
    cheerful: mean(texts.map((text) => Number(isCheerful(text, lexicon)))),
    kl: mean(Array.from(own, (logp, i) => logp - before[i])),
    tokens: mean(stories.map(({ ids }) => ids.length)),
    ended: mean(stories.map(({ finishReason }) => Number(finishReason === 'stop'))),
    samples: stories.length,
    example: texts[0].trim(),
  };
}

const record = existsSync(values.output)
  ? JSON.parse(readFileSync(values.output, 'utf8'))
  : { requests: 128, runs: [] };
const keep = () => {
  mkdirSync(dirname(values.output), { recursive: true });
  writeFileSync(values.output, `${JSON.stringify(record, null, 1)}\n`);
};
const gpu = await requestGpu({ device: values.device, log: console.error });
record.adapter = gpu.traits.software ? `${values.device} (software)` : values.device;
const model = await openModel(join(tiny, 'model'));
record.before ??= await measure(gpu, model, undefined, 0);
keep();
console.log(`before: ${JSON.stringify({ ...record.before, example: undefined })}`);
for (const seed of values.seeds.split(',')) {
  for (const run of values.runs.split(',')) {
    if (record.runs.some((known) => known.run === run && known.seed === Number(seed))) continue;
    const out = join(values.work, `${run}-${seed}`);
    train(run, seed, out);
    const found = await measure(gpu, model, out, seed);
    record.runs.push({
      run,
      seed: Number(seed),
      ...(values.set.length && { set: values.set }),
      ...found,
    });
    keep();
    console.log(`${run} ${seed}: ${JSON.stringify({ ...found, example: undefined })}`);
  }
}
gpu.destroy();
