import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random, variants } from '../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../contract/index.ts';
import {
  advanceSample,
  type SampleOptions,
  sample,
  sampleProbabilities,
  sampleReference,
  sampleState,
} from './sampling.ts';

const problem = (rows: number, columns: number, seed: number): HostArrays => ({
  logits: random([rows, columns], seed, 16),
  state: array([4], sampleState(seed * 2 ** 33 + 5, 3)),
});

const settings: SampleOptions[] = [
  { temperature: 0 },
  { temperature: 1 },
  { temperature: 0.7, topK: 5 },
  { temperature: 1.5, topP: 0.9 },
  { temperature: 1, minP: 0.1 },
  { temperature: 2, topK: 40, topP: 0.8, minP: 0.01 },
];

test.each([1, 2, 63, 64, 65, 257, 5003, 49152])(
  'ids over %i tokens are those of float64',
  async (v) => {
    for (const options of settings) {
      await checkKernel(sample, problem(v > 5000 ? 2 : 7, v, v), options, { tolerance: 1e-6 });
    }
  },
);

test.each([63, 64, 65, 257])('%i rows draw independently', async (rows) => {
  for (const options of settings) await checkKernel(sample, problem(rows, 50, rows), options);
});

/** Pearson's statistic of draws against probabilities, and how many could be drawn. */
function chiSquare(ids: ArrayLike<number>, probabilities: Float64Array): [number, number] {
  const seen = new Float64Array(probabilities.length);
  for (let i = 0; i < ids.length; i++) seen[ids[i]!]! += 1;
  let statistic = 0;
  let possible = 0;
  probabilities.forEach((p, id) => {
    if (p === 0) expect(seen[id], `token ${id} is filtered out`).toBe(0);
    else {
      possible++;
      statistic += (seen[id]! - p * ids.length) ** 2 / (p * ids.length);
    }
  });
  return [statistic, possible - 1];
}

test.each(settings.slice(1))('four thousand draws follow %j', async (options) => {
  const { device } = await testGpu();
  const row = random([20], 9, 5).data;
  const rows = 4_000;
  const logits = new Float32Array(rows * 20);
  for (let i = 0; i < rows; i++) logits.set(row, 20 * i);
  const inputs = { logits: array([rows, 20], logits), state: array([4], sampleState(11)) };
  for (const [label, traits] of await variants()) {
    const { ids } = await runRecorded(
      device,
      inputs,
      (r, t) => ({ ...sample.forward(r, t as never, options) }),
      traits,
    );
    const [statistic, freedom] = chiSquare(ids!.data, sampleProbabilities(row, options));
    // Four standard deviations of χ² above its mean.
    expect(statistic, label).toBeLessThan(freedom + 4 * Math.sqrt(2 * freedom) + 4);
  }
});

test('equal logits are kept together, and tokens at -infinity never come', async () => {
  const { device } = await testGpu();
  const rows = 400;
  const row = [1, Number.NEGATIVE_INFINITY, 1, 1, -2, 1, Number.NEGATIVE_INFINITY];
  const inputs = {
    logits: array([rows, 7], Array.from({ length: rows }, () => row).flat()),
    state: array([4], sampleState(1)),
  };
  for (const [label, traits] of await variants()) {
    const of = async (options: SampleOptions) => {
      const { ids } = await runRecorded(
        device,
        inputs,
        (r, t) => ({ ...sample.forward(r, t as never, options) }),
        traits,
      );
      return [...new Set(ids!.data)].sort();
    };
    expect(await of({ temperature: 1, topK: 2 }), label).toEqual([0, 2, 3, 5]);
    expect(await of({ temperature: 1, topP: 0.3 }), label).toEqual([0, 2, 3, 5]);
    expect(await of({ temperature: 1, topK: 6 }), label).toEqual([0, 2, 3, 4, 5]);
    expect(await of({ temperature: 0 }), label).toEqual([0]);
  }
});

test('a state repeats its draws, and advances on the GPU as on the CPU', async () => {
  const { device } = await testGpu();
  const inputs = { ...problem(100, 64, 3), state: array([4], sampleState(5, 7)) };
  const options = { temperature: 1 };
  const { first, second, third } = await runRecorded(device, inputs, (r, t) => {
    const own = { logits: t.logits!, state: t.state! };
    const { ids: first } = sample.forward(r, own, options);
    const { ids: second } = sample.forward(r, own, options);
    advanceSample(r, own.state);
    const { ids: third } = sample.forward(r, own, options);
    return { first, second, third };
  });
  expect(second!.data).toEqual(first!.data);
  expect(third!.data).not.toEqual(first!.data);
  const next = { ...inputs, state: array([4], sampleState(5, 8)) };
  expect([...third!.data]).toEqual([...sampleReference.forward(next, options).ids!.data]);
});
