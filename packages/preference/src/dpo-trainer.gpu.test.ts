import { preparePreference } from '@attune/data';
import { testGpu } from '@attune/gpu/testing';
import { Network } from '@attune/model';
import { fullTuning, loraTuning } from '@attune/peft';
import { expect, test, vi } from 'vitest';
import { type DPOArguments, DPOTrainer } from './dpo-trainer.ts';
import { referenceLogps } from './reference-logps.ts';
import { expectRecorded, openCase, train } from './testing.ts';

type Case = Awaited<ReturnType<typeof openCase>>;

async function pairsOf({ data, tokenizer, recipe }: Case) {
  const options = { trainer: 'dpo' as const, maxLength: recipe.max_length };
  return (await preparePreference([data], tokenizer, options)).examples;
}

async function trainerOf(run: Case, change: Partial<DPOArguments> = {}, more: object = {}) {
  const pairs = await pairsOf(run);
  return DPOTrainer.create({
    ...run.options,
    train: pairs,
    evaluation: pairs.slice(0, 6),
    arguments: { ...run.args, ...change },
    ...more,
  });
}

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
    const run = await openCase(`dpo/${name}`);
    const trainer = await trainerOf(run);
    const reports = await expectRecorded(trainer, run);
    // The reference's part, from what is logged: rewards are β (logps - reference).
    const accumulation = run.args.gradientAccumulationSteps;
    for (const [i, { metrics }] of accumulation > 1 ? [] : reports.entries()) {
      for (const side of ['chosen', 'rejected']) {
        const found = metrics[`logps/${side}`]! - metrics[`rewards/${side}`]! / run.args.beta;
        const recorded: number[] = run.batches[i][`ref_${side}_logps`];
        const mean = recorded.reduce((a, b) => a + b) / recorded.length;
        expect(Math.abs(found / mean - 1), `${side} of step ${i + 1}`).toBeLessThan(1e-4);
      }
    }
    trainer.destroy();
  },
);

test("each pair's log-probabilities under the reference are those that TRL recorded", async () => {
  const run = await openCase('dpo/lora-sigmoid');
  const trainer = await trainerOf(run);
  const pairs = await pairsOf(run);
  const rows = pairs.flatMap(({ chosenIds, chosenStart, rejectedIds, rejectedStart }) => [
    { ids: chosenIds, start: chosenStart },
    { ids: rejectedIds, start: rejectedStart },
  ]);
  const { executor } = trainer;
  const network = new Network(run.options.config, {}, trainer.network.layout);
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
  const run = await openCase('dpo/lora-sigmoid');
  const { config } = run.options;
  const fresh = {
    method: loraTuning(config, { r: 4, targetModules: 'all-linear' }),
    values: undefined,
  };
  const [lora, whole] = [
    await trainerOf(run, {}, fresh),
    await trainerOf(run, {}, { method: fullTuning(config), values: undefined }),
  ];
  expect((await lora.account()).get('reference')).toBeUndefined();
  const account = await whole.account();
  expect(account.get('reference')).toBe(account.get('parameters'));
  const once = await trainerOf(
    run,
    { precomputeRefLogProbs: true },
    { method: fullTuning(config), values: undefined },
  );
  expect((await once.account()).get('reference')).toBeUndefined();
  for (const trainer of [lora, whole, once]) trainer.destroy();
});

test('where the adapter trains a module whole, the reference has its own; dropout moves the policy alone', async () => {
  const run = await openCase('dpo/lora-sigmoid');
  const { config } = run.options;
  const lora = { r: 4, targetModules: 'all-linear', modulesToSave: ['lm_head'], loraDropout: 0.5 };
  const more = { method: loraTuning(config, lora), values: undefined };
  const still = await trainerOf(run, { maxSteps: 3 }, more);
  expect((await still.account()).get('reference')).toBeGreaterThan(0);
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
  const run = await openCase('dpo/lora-sigmoid');
  const losses = async (trainer: DPOTrainer) => (await train(trainer, 4)).map(({ loss }) => loss);
  const kept = new Map<string, Float32Array>();
  const referenceCache = {
    read: vi.fn(async (key: string) => kept.get(key)),
    write: vi.fn(async (key: string, logps: Float32Array) => void kept.set(key, logps)),
  };
  const asked = await trainerOf(run);
  const once = { precomputeRefLogProbs: true };
  const first = await trainerOf(run, once, { referenceCache });
  const second = await trainerOf(run, once, { referenceCache });
  const expected = await losses(asked);
  (await losses(first)).forEach((loss, i) => {
    expect(loss).toBeCloseTo(expected[i]!, 5);
  });
  expect(await losses(second)).toEqual(await losses(await trainerOf(run, once)));
  expect(referenceCache.write).toHaveBeenCalledTimes(2);
  expect(referenceCache.read).toHaveBeenCalledTimes(4);
  // Other rows, or other weights of their tokens, are another key.
  await trainerOf(run, { ...once, ldAlpha: 0.5 }, { referenceCache });
  expect(referenceCache.write).toHaveBeenCalledTimes(4);
  for (const trainer of [asked, first, second]) trainer.destroy();
});

test('evaluation gives every metric of the held-out pairs and changes nothing', async () => {
  const run = await openCase('dpo/lora-sigmoid');
  const trainer = await trainerOf(run, { maxSteps: 2 });
  await train(trainer);
  const before = await trainer.trained();
  const found = await trainer.evaluate();
  expect(found.eval_loss).toBeGreaterThan(0);
  expect(found['eval_rewards/accuracies']).toBeGreaterThanOrEqual(0);
  expect(await trainer.evaluate()).toEqual(found);
  expect(await trainer.trained()).toEqual(before);
  trainer.destroy();
});

test('a run with a reference that follows, gone on from a saved state, gives the bits of one never stopped', async () => {
  const run = await openCase('dpo/full-sync-ref');
  const whole = await trainerOf(run);
  await train(whole);
  const first = await trainerOf(run);
  const reports = await train(first, 5);
  const [parameters, m, v, reference] = [
    await first.trained(),
    await first.trained('m'),
    await first.trained('v'),
    await first.reference(),
  ];
  expect(reference.size).toBe(parameters.size);
  const second = await trainerOf(run);
  second.restore({ parameters, m, v, reference }, reports.at(-1)!.resume);
  await train(second);
  expect(await second.trained()).toEqual(await whole.trained());
  expect(await second.reference()).toEqual(await whole.reference());
  for (const trainer of [whole, first, second]) trainer.destroy();
});

test('gradient checkpointing changes no bit of a run', async () => {
  const run = await openCase('dpo/lora-sigmoid');
  const losses = async (gradientCheckpointing: boolean) => {
    const trainer = await trainerOf(run, { gradientCheckpointing });
    const found = (await train(trainer, 3)).map(({ loss }) => loss);
    trainer.destroy();
    return found;
  };
  expect(await losses(true)).toEqual(await losses(false));
});

test('a step of a shape seen before makes no buffer and no bind group, and submits at most twice', async () => {
  const run = await openCase('dpo/lora-fifty-steps');
  const trainer = await trainerOf(run, { maxSteps: 40 });
  const { device } = await testGpu();
  const buffers = vi.spyOn(device, 'createBuffer');
  const groups = vi.spyOn(device, 'createBindGroup');
  const counts: number[][] = [];
  for await (const { submits } of trainer.steps()) {
    counts.push([buffers, groups].map(({ mock }) => mock.calls.length));
    expect(submits).toBeLessThanOrEqual(2);
  }
  expect(counts.at(-1)).toEqual(counts.at(-8));
  vi.restoreAllMocks();
  trainer.destroy();
});

test.each<[Partial<DPOArguments>, RegExp]>([
  [{ lossType: ['sigmoid', 'nope' as 'ipo'] }, /no loss nope/],
  [{ lossType: ['sigmoid', 'ipo'], lossWeights: [1] }, /2 losses and 1/],
  [{ ldAlpha: 1.5 }, /ld_alpha is 1.5/],
  [{ lossType: ['aot'], fDivergenceType: 'forward_kl' }, /aot knows no f_divergence_type/],
  [{ syncRefModel: true, precomputeRefLogProbs: true }, /a reference that stays/],
  [{ syncRefModel: true, refModelSyncSteps: 0 }, /every 0 steps/],
  [{ beta: 0 }, /beta 0/],
])('%j is refused by name', async (change, words) => {
  const run = await openCase('dpo/lora-sigmoid');
  const started = trainerOf(run, change).then((trainer) => train(trainer, 1));
  await expect(started).rejects.toMatchObject({ code: 'bad-value' });
  await expect(started).rejects.toThrow(words);
});
