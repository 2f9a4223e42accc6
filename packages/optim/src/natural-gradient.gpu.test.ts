import { expect, test } from 'vitest';
import { keptResiduals, NaturalGradient } from './natural-gradient.ts';
import { openTrpo, roomOf, type TrpoRow, trpoInputs, trpoPlans } from './testing.ts';

type Tensors = ReadonlyMap<string, Float32Array>;

/** |found - factor · wanted| / |wanted|, over all tensors together. */
function apart(found: Tensors, wanted: Tensors, factor = 1): number {
  let [difference, length] = [0, 0];
  for (const [name, truth] of wanted) {
    found.get(name)!.forEach((value, i) => {
      difference += (value - factor * truth[i]!) ** 2;
      length += truth[i]! ** 2;
    });
  }
  return Math.sqrt(difference / length);
}

const tokensOf = (rows: readonly TrpoRow[]) =>
  rows.reduce((sum, { completion }) => sum + completion.length, 0);
const relative = (have: number, want: number) => Math.abs(have / want - 1);

test.each([
  ['full', 1],
  ['full', 2],
  ['lora', 1],
  ['lora', 2],
])(
  'the Fisher-vector product of %s, in %i micro-batches, is that of float64',
  async (name, parts) => {
    const run = await openTrpo(name);
    const { executor, trainable, store } = run;
    const natural = await NaturalGradient.create(executor, trainable, run);
    const rows = run.rows.filter(({ step }) => step === 0);
    const size = rows.length / parts;
    let energy = 0;
    for (const [key, data] of await run.tensors('vectors.safetensors', 'vector/')) {
      trainable.write(store, key, data, 'tangents');
    }
    for (let part = 0; part < parts; part++) {
      const some = rows.slice(part * size, (part + 1) * size);
      const { fisher } = await trpoPlans(run, roomOf(some));
      const inputs = trpoInputs(some, roomOf(some), 1 / tokensOf(rows));
      const clear = part === 0 ? trainable.residents('gradients') : [];
      energy += (await executor.run([[fisher, inputs]], { clear })).energy![0]!;
    }
    const product = await trainable.read(store, 'gradients');
    const recorded = await run.tensors('vectors.safetensors', 'fisher_vector/');
    expect(apart(product, recorded)).toBeLessThan(1e-5);
    expect(relative(2 * energy, run.updates[0]!.fisher_vector.dot)).toBeLessThan(1e-5);
    natural.destroy();
    run.destroy();
  },
);

test('gradient checkpointing leaves the Fisher-vector product as it is', async () => {
  const run = await openTrpo('lora');
  const { executor, trainable, store } = run;
  const natural = await NaturalGradient.create(executor, trainable, run);
  for (const [key, data] of await run.tensors('vectors.safetensors', 'vector/')) {
    trainable.write(store, key, data, 'tangents');
  }
  const rows = run.rows.filter(({ step }) => step === 0);
  const products: Tensors[] = [];
  const slots: number[] = [];
  for (const checkpoint of [false, true]) {
    const { fisher } = await trpoPlans(run, roomOf(rows), checkpoint);
    const inputs = trpoInputs(rows, roomOf(rows), 1 / tokensOf(rows));
    await executor.run([[fisher, inputs]], { clear: trainable.residents('gradients') });
    products.push(await trainable.read(store, 'gradients'));
    slots.push(fisher.planned.memory.activations);
  }
  expect(products[1]).toEqual(products[0]);
  expect(slots[1]).toBeLessThan(slots[0]!);
  natural.destroy();
  run.destroy();
});

test.each(['full', 'full-wide-region', 'lora'])(
  'updates by the natural gradient are those of float64: %s',
  async (name) => {
    const run = await openTrpo(name);
    const { executor, trainable, store } = run;
    const natural = await NaturalGradient.create(executor, trainable, run);
    const clear = trainable.residents('gradients');
    const seen: Record<string, number> = {};
    const compare = (what: string, error: number, bar: number, u: number) => {
      seen[what] = Math.max(seen[what] ?? 0, error);
      expect(error, `${what} of update ${u}`).toBeLessThan(bar);
    };
    for (const [u, want] of run.updates.entries()) {
      const rows = run.rows.filter(({ step }) => step === u);
      const plans = await trpoPlans(run, roomOf(rows));
      const inputs = trpoInputs(rows, roomOf(rows), 1 / tokensOf(rows));
      const { logps } = await executor.run([[plans.loss, inputs]]);
      (inputs.oldLogps as Float32Array).set(logps!);
      const { loss } = await executor.run([[plans.loss, inputs]], { clear });
      compare('surrogate', Math.abs(-loss![0]! - want.surrogate_before), 1e-5, u);

      const found = await natural.solve([[plans.fisher, inputs]]);
      compare('gradient norm', relative(found.gradientNorm, want.gradient_norm), 1e-5, u);
      compare('solution norm', relative(found.solutionNorm, want.solution_norm), 1e-5, u);
      compare('residual norm', relative(found.residualNorm, want.residual_norm), 2e-5, u);
      compare('curvature', relative(found.curvature, want.curvature), 1e-5, u);

      let factor = Math.sqrt((2 * run.maxKl) / found.curvature);
      for (const tried of want.tries) {
        await natural.move(factor);
        const { kl, loss: after } = await executor.run([[plans.attempt, inputs]]);
        compare('kl', relative(kl![0]!, tried.kl), 2e-5, u);
        compare('surrogate after', Math.abs(-after![0]! - tried.surrogate), 1e-5, u);
        factor *= run.backtrack;
      }
      if (want.accepted === null) await natural.move(0);
      for (const plan of Object.values(plans)) plan.destroy();
    }
    const [final, weights] = [await run.tensors('final.safetensors'), await trainable.read(store)];
    const distances = [...final].map(([key, truth]) =>
      Math.max(...truth.map((value, i) => Math.abs(value - weights.get(key)![i]!))),
    );
    compare('final weights', Math.max(...distances), 1e-5, run.updates.length);
    natural.destroy();
    run.destroy();
  },
);

test('the gradient and the solution of the first update are those of float64', async () => {
  for (const name of ['full', 'lora']) {
    const run = await openTrpo(name);
    const { executor, trainable, store } = run;
    const natural = await NaturalGradient.create(executor, trainable, run);
    const rows = run.rows.filter(({ step }) => step === 0);
    const plans = await trpoPlans(run, roomOf(rows));
    const inputs = trpoInputs(rows, roomOf(rows), 1 / tokensOf(rows));
    const { logps } = await executor.run([[plans.loss, inputs]]);
    (inputs.oldLogps as Float32Array).set(logps!);
    await executor.run([[plans.loss, inputs]], { clear: trainable.residents('gradients') });
    const recorded = (prefix: string) => run.tensors('vectors.safetensors', prefix);
    const gradient = await trainable.read(store, 'gradients');
    expect(apart(gradient, await recorded('gradient/'), -1), name).toBeLessThan(1e-5);
    const start = await trainable.read(store);
    await natural.solve([[plans.fisher, inputs]]);
    const solution = await trainable.read(store, 'solution');
    expect(apart(solution, await recorded('solution/')), name).toBeLessThan(1e-5);

    await natural.move(0.5);
    expect((await trainable.read(store)).values().next().value).not.toEqual(
      start.values().next().value,
    );
    await natural.move(0);
    expect(await trainable.read(store)).toEqual(start);
    natural.destroy();
    run.destroy();
  }
});

test('a gradient that is not finite is named, and options that are none are refused', async () => {
  const run = await openTrpo('lora');
  const { executor, trainable, store } = run;
  await expect(NaturalGradient.create(executor, trainable, { damping: -1 })).rejects.toThrow(
    /damping -1/,
  );
  await expect(NaturalGradient.create(executor, trainable, { iterations: 0 })).rejects.toThrow(
    /0 iterations/,
  );
  const natural = await NaturalGradient.create(executor, trainable, run);
  const [key] = trainable.tensors.keys();
  const bad = new Float32Array((await trainable.read(store)).get(key!)!.length).fill(Number.NaN);
  trainable.write(store, key!, bad, 'gradients');
  const rows = run.rows.filter(({ step }) => step === 0);
  const { fisher } = await trpoPlans(run, roomOf(rows));
  const inputs = trpoInputs(rows, roomOf(rows), 1 / tokensOf(rows));
  await expect(natural.solve([[fisher, inputs]])).rejects.toThrow(
    expect.objectContaining({ code: 'not-finite' }),
  );
  natural.destroy();
  run.destroy();
});

test('without kept residuals an update is still close, and memory says how many are kept', async () => {
  const run = await openTrpo('full');
  const { executor, trainable } = run;
  const options = { ...run, residualBytes: 0 };
  const natural = await NaturalGradient.create(executor, trainable, options);
  const rows = run.rows.filter(({ step }) => step === 0);
  const plans = await trpoPlans(run, roomOf(rows));
  const inputs = trpoInputs(rows, roomOf(rows), 1 / tokensOf(rows));
  const { logps } = await executor.run([[plans.loss, inputs]]);
  (inputs.oldLogps as Float32Array).set(logps!);
  await executor.run([[plans.loss, inputs]], { clear: trainable.residents('gradients') });
  const { curvature } = await natural.solve([[plans.fisher, inputs]]);
  expect(relative(curvature, run.updates[0]!.curvature)).toBeLessThan(5e-3);
  natural.destroy();

  expect(keptResiduals(trainable, 10, 0, 2 ** 27)).toBe(0);
  expect(keptResiduals(trainable, 10, 2 ** 28, 2 ** 27)).toBe(10);
  expect(keptResiduals(trainable, 10, 3 * trainable.bytes, 2 ** 27)).toBe(3);
  expect(keptResiduals(trainable, 99, 2 ** 28, 2 ** 27)).toBe(32);
  expect(keptResiduals(trainable, 10, 2 ** 28, 2 * trainable.bytes)).toBe(2);
  run.destroy();
});
