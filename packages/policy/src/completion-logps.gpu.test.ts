import { testGpu } from '@attune/gpu/testing';
import { Network, openModel, uploadWeights } from '@attune/model';
import { Executor, Store } from '@attune/plan';
import { expect, test } from 'vitest';
import { CompletionLogps } from './completion-logps.ts';
import { root } from './testing.ts';

test('equal completions of a prompt get the same log-probabilities, to the last bit, wherever they stand', async () => {
  const { config, weights } = await openModel(`${root}/models/policy-llama`);
  const store = new Store(await testGpu());
  await uploadWeights(store, config, weights);
  const executor = new Executor(store);
  const logps = new CompletionLogps(executor, { ref: new Network(config) }, 1);
  const row = (prompt: number, completion: number[]) => {
    return { prompt: Int32Array.of(prompt, 20, 30), completion: Int32Array.from(completion) };
  };
  const rows = [row(10, [5, 2]), row(11, [7, 8, 9]), row(10, [5, 2]), row(10, [5, 6, 2])];
  const { ref } = await logps.of([...rows, rows[1]!], 2);
  expect(ref!.map(({ length }) => length)).toEqual([2, 3, 2, 3, 3]);
  expect(ref![2]).toEqual(ref![0]);
  expect(ref![4]).toEqual(ref![1]);
  // The common beginning of two completions has the same numbers.
  expect(ref![3]![0]).toBeCloseTo(ref![0]![0]!, 5);
  expect(ref![3]![1]).not.toBeCloseTo(ref![0]![1]!, 2);
  logps.destroy();
  executor.destroy();
  store.destroy();
});
