import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArgsOf } from '@attune/config';
import { preparePreference } from '@attune/data';
import { testGpu } from '@attune/gpu/testing';
import { Network } from '@attune/model';
import type { LoraConfig } from '@attune/peft';
import { afterAll, expect, test, vi } from 'vitest';
import { referenceLogps } from '../reference-logps.ts';
import { expectRecorded, openCase, train } from '../testing.ts';
import { dpoConfig } from './dpo.config.ts';
import { DPOTrainer, type DPOTrainerOptions } from './dpo.ts';

type Args = ArgsOf<typeof dpoConfig>;
type Options = Partial<DPOTrainerOptions>;

const scratch = mkdtempSync(join(tmpdir(), 'attune-dpo-'));
afterAll(() => rmSync(scratch, { recursive: true }));

const open = (name: string) => openCase(`dpo/${name}`, dpoConfig, 6);
type Case = Awaited<ReturnType<typeof open>>;

const trainerOf = ({ options }: Case, change: Args = {}, more: Options = {}) =>
  DPOTrainer.create({ ...options, ...more, args: { ...options.args, ...change } });

/** The same run with all parameters, or with a new adapter. */
const whole: Options = { adapter: undefined };
const fresh = (lora: Partial<LoraConfig> = {}): Options => ({
  adapter: undefined,
  peftConfig: { peftType: 'LORA', r: 4, targetModules: 'all-linear', ...lora },
});

// One of each way through the trainer; scripts/parity/cases.mjs runs all 36 through the command line.
test.each([
  'full-ipo',
  'full-sync-ref',
  'lora-accumulate-remainder',
  'lora-chat',
  'lora-ld-alpha',
  'lora-precomputed',
  'lora-sigmoid',
  'lora-turns-truncate',
  'lora-weighted',
  'lora-weighting',
])(
  '%s: the figures of every step and the last weights are those that TRL recorded',
  async (name) => {
    const run = await open(name);
    const trainer = await trainerOf(run);
    const reports = await expectRecorded(trainer, run);
    // The reference's part, from what is logged: rewards are β (logps - reference).
    const { gradient_accumulation_steps: accumulation, beta } = run.recipe;
    for (const [i, { metrics }] of accumulation > 1 ? [] : reports.entries()) {
      for (const side of ['chosen', 'rejected']) {
        const found = metrics[`logps/${side}`]! - metrics[`rewards/${side}`]! / beta;
        const recorded: number[] = run.batches[i][`ref_${side}_logps`];
        const mean = recorded.reduce((a, b) => a + b) / recorded.length;
        expect(Math.abs(found / mean - 1), `${side} of step ${i + 1}`).toBeLessThan(1e-4);
      }
    }
    trainer.destroy();
  },
);

test("each pair's log-probabilities under the reference model are those that TRL recorded", async () => {
  const run = await open('lora-sigmoid');
  const trainer = await trainerOf(run);
  const { trainDataset } = run.options;
  const { examples } = await preparePreference([trainDataset], trainer.tokenizer, {
    trainer: 'dpo',
    maxLength: run.recipe.max_length,
  });
  const rows = examples.flatMap(({ chosenIds, chosenStart, rejectedIds, rejectedStart }) => [
    { ids: chosenIds, start: chosenStart },
    { ids: rejectedIds, start: rejectedStart },
  ]);
  const { executor } = trainer;
  const network = new Network(trainer.network.config, {}, trainer.network.layout);
  const found = await referenceLogps(rows, { executor, network, batchSize: 5 });
  const recorded = run.batches.flatMap(
    ({ ref_chosen_logps: chosen, ref_rejected_logps: rejected }) =>
      chosen.flatMap((logp: number, i: number) => [logp, rejected[i]]),
  );
  recorded.forEach((logp: number, i: number) => {
    expect(Math.abs(found[i]! / logp - 1)).toBeLessThan(1e-5);
  });
  trainer.destroy();
});

test('a new adapter needs one copy of the base; whole training keeps a frozen one', async () => {
  const run = await open('lora-sigmoid');
  const lora = await trainerOf(run, {}, fresh());
  const full = await trainerOf(run, {}, whole);
  const once = await trainerOf(run, { precomputeRefLogProbs: true }, whole);
  const reference = async (trainer: DPOTrainer) =>
    (await trainer.memoryEstimate()).get('reference');
  expect(await reference(lora)).toBeUndefined();
  expect(await reference(full)).toBe((await full.memoryEstimate()).get('parameters'));
  expect(await reference(once)).toBeUndefined();
  for (const trainer of [lora, full, once]) trainer.destroy();
});

test('where the adapter trains a module whole, the reference has its own; dropout moves the policy alone', async () => {
  const run = await open('lora-sigmoid');
  const more = fresh({ modulesToSave: ['lm_head'], loraDropout: 0.5 });
  const still = await trainerOf(run, { maxSteps: 3 }, more);
  expect((await still.memoryEstimate()).get('reference')).toBeGreaterThan(0);
  const [first, , third] = await train(still);
  expect(first!.loss).toBeCloseTo(Math.LN2, 6);
  expect(first!.metrics['rewards/margins']).toBe(0);
  expect(third!.loss).not.toBe(first!.loss);
  // B is 0 at first, so that dropout shows from the second step on.
  const dropping = await trainerOf(run, { maxSteps: 3, disableDropout: false }, more);
  const [, second] = await train(dropping);
  const again = await trainerOf(run, { maxSteps: 3 }, more);
  expect((await train(again))[1]!.loss).not.toBe(second!.loss);
  for (const trainer of [still, dropping, again]) trainer.destroy();
});

test('computed once, the reference gives the steps of one asked every time, and is read back by later runs', async () => {
  const run = await open('lora-sigmoid');
  const losses = async (trainer: DPOTrainer) => (await train(trainer, 4)).map(({ loss }) => loss);
  const kept = new Map<string, Float32Array>();
  const referenceCache = {
    read: vi.fn(async (key: string) => kept.get(key)),
    write: vi.fn(async (key: string, logps: Float32Array) => void kept.set(key, logps)),
  };
  const progress = vi.fn();
  const asked = await trainerOf(run);
  const once = { precomputeRefLogProbs: true };
  const first = await trainerOf(run, once, { referenceCache, progress });
  expect(progress).toHaveBeenCalledWith('Reference log-probabilities: 12 of 12 rows');
  const second = await trainerOf(run, once, { referenceCache });
  const expected = await losses(asked);
  (await losses(first)).forEach((loss, i) => {
    expect(loss).toBeCloseTo(expected[i]!, 5);
  });
  const third = await trainerOf(run, once);
  expect(await losses(second)).toEqual(await losses(third));
  expect(referenceCache.write).toHaveBeenCalledTimes(2);
  expect(referenceCache.read).toHaveBeenCalledTimes(4);
  // Other rows, or other weights of their tokens, are another key.
  const weighted = await trainerOf(run, { ...once, ldAlpha: 0.5 }, { referenceCache });
  expect(referenceCache.write).toHaveBeenCalledTimes(4);
  for (const trainer of [asked, first, second, third, weighted]) trainer.destroy();
});

test('on disk the reference is kept by model and rows; a damaged file is written anew', async () => {
  vi.stubEnv('XDG_CACHE_HOME', scratch);
  const run = await open('lora-sigmoid');
  const folder = join(scratch, 'attune/reference');
  const losses = async (lines: string[], more: Options = {}) => {
    const options = { referenceCache: undefined, log: (line: string) => lines.push(line), ...more };
    const trainer = await trainerOf(run, { precomputeRefLogProbs: true }, options);
    const found = (await train(trainer, 2)).map(({ loss }) => loss);
    trainer.destroy();
    return found;
  };
  const readLines = (lines: string[]) =>
    lines.filter((line) => line.startsWith(`Reference log-probabilities: read from ${folder}`));
  const [first, second, third, other]: string[][] = [[], [], [], []];
  const expected = await losses(first!);
  const files = readdirSync(folder);
  expect(files).toHaveLength(2);
  expect(readLines(first!)).toHaveLength(0);
  expect(await losses(second!)).toEqual(expected);
  expect(readLines(second!)).toHaveLength(2);
  // Another model: the base alone, without the adapter that goes on.
  await losses(other!, fresh());
  expect(readLines(other!)).toHaveLength(0);
  expect(readdirSync(folder)).toHaveLength(4);
  for (const file of files) writeFileSync(join(folder, file), 'no tensors');
  expect(await losses(third!)).toEqual(expected);
  expect(readLines(third!)).toHaveLength(0);
  vi.unstubAllEnvs();
});

test('evaluation gives every metric of the held-out pairs and changes nothing', async () => {
  const run = await open('lora-sigmoid');
  const trainer = await trainerOf(run, { maxSteps: 2 });
  const [report] = await train(trainer);
  const before = await trainer.trained();
  const found = await trainer.evaluate();
  expect(found.eval_loss).toBeGreaterThan(0);
  const names = Object.keys(report!.metrics).map((key) => `eval_${key}`);
  expect(Object.keys(found).sort()).toEqual(['eval_loss', ...names].sort());
  expect(await trainer.evaluate()).toEqual(found);
  expect(await trainer.trained()).toEqual(before);
  trainer.destroy();
});

test('a run with a reference that follows, gone on from a saved state, gives the bits of one never stopped', async () => {
  const run = await open('full-sync-ref');
  const unbroken = await trainerOf(run);
  await train(unbroken);
  const first = await trainerOf(run);
  const reports = await train(first, 5);
  const saved = await first.savedTensors();
  expect(saved.reference!.size).toBe(saved.parameters.size);
  const second = await trainerOf(run);
  second.restore(saved, reports.at(-1)!.resume);
  await train(second);
  expect(await second.savedTensors()).toEqual(await unbroken.savedTensors());
  for (const trainer of [unbroken, first, second]) trainer.destroy();
});

test('gradient checkpointing changes no bit of a run', async () => {
  const run = await open('lora-sigmoid');
  const losses = async (gradientCheckpointing: boolean) => {
    const trainer = await trainerOf(run, { gradientCheckpointing });
    const found = (await train(trainer, 3)).map(({ loss }) => loss);
    trainer.destroy();
    return found;
  };
  expect(await losses(true)).toEqual(await losses(false));
});

test('a step of a shape seen before makes no buffer and no bind group, and submits at most twice', async () => {
  const run = await open('lora-fifty-steps');
  const trainer = await trainerOf(run, { maxSteps: 40 });
  const { device } = await testGpu();
  const buffers = vi.spyOn(device, 'createBuffer');
  const groups = vi.spyOn(device, 'createBindGroup');
  const counts: number[][] = [];
  for await (const { submits } of trainer.train()) {
    counts.push([buffers, groups].map(({ mock }) => mock.calls.length));
    expect(submits).toBeLessThanOrEqual(2);
  }
  expect(counts.at(-1)).toEqual(counts.at(-8));
  vi.restoreAllMocks();
  trainer.destroy();
});

test('rows as they are in memory train as their file does', async () => {
  const run = await open('lora-sigmoid');
  const losses = async (more: Options) => {
    const trainer = await trainerOf(run, { maxSteps: 2 }, more);
    const found = (await train(trainer)).map(({ loss }) => loss);
    trainer.destroy();
    return found;
  };
  // The held-out rows are the first of the file.
  const rows = (async function* () {
    yield* run.options.evalDataset;
  })();
  expect(await losses({ trainDataset: rows })).toEqual(await losses({}));
});

test('virtual tokens, which DPO does not train by, are refused by name', async () => {
  const run = await open('lora-sigmoid');
  const peftConfig = { peftType: 'PROMPT_TUNING', numVirtualTokens: 4 } as const;
  const started = trainerOf(run, {}, { adapter: undefined, peftConfig });
  await expect(started).rejects.toMatchObject({ code: 'unsupported-adapter' });
});

test.each<[Args, string, RegExp]>([
  [{ lossType: ['sigmoid', 'nope' as 'ipo'] }, 'bad-value', /lossType is \["sigmoid","nope"\]/],
  [{ lossType: [] }, 'bad-value', /loss_type is an empty list/],
  [{ lossType: ['sigmoid', 'ipo'], lossWeights: [1] }, 'bad-value', /2 losses, and there are 1/],
  [{ ldAlpha: 1.5 }, 'bad-value', /ldAlpha is 1.5/],
  [{ lossType: ['aot'], fDivergenceType: 'forward_kl' }, 'bad-value', /aot has no f-divergence/],
  [{ syncRefModel: true, precomputeRefLogProbs: true }, 'bad-value', /a reference that stays/],
  [{ syncRefModel: true, refModelSyncSteps: 0 }, 'bad-value', /refModelSyncSteps is 0/],
  [{ beta: 0 }, 'bad-value', /beta is 0, not greater than 0/],
  [{ lossType: ['exo_pair'], labelSmoothing: 0 }, 'bad-value', /label smoothing of 0/],
  [{ betta: 0.1 } as Args, 'unknown-key', /no key betta/],
])('%j is refused by name', async (change, code, words) => {
  const run = await open('lora-sigmoid');
  const started = trainerOf(run, change).then((trainer) => train(trainer, 1));
  await expect(started).rejects.toMatchObject({ code });
  await expect(started).rejects.toThrow(words);
});
