import { requestGpu } from '@attune/gpu';
import { matmulVariants, recordMatmul, rememberMatmulChoices } from '@attune/kernels';
import { expect, test } from 'vitest';
import { Graph } from './graph.ts';
import { tuneKernels } from './tuning.ts';

/** A store in memory that counts. */
function memory(text = '') {
  const store = {
    text,
    writes: 0,
    read: async () => store.text,
    async write(next: string) {
      store.text = next;
      store.writes++;
    },
  };
  return store;
}

function variantOf(graph: Graph): string {
  const x = graph.input('x', [256, 64]);
  const weight = graph.input('weight', [128, 64]);
  recordMatmul(graph, { a: x, b: weight }, { transposeB: true });
  return graph.calls.at(-1)!.shader.label.replace('matmul.', '');
}

test('what is measured is remembered by adapter, and used by graphs built afterwards', async () => {
  const gpu = await requestGpu();
  const store = memory('{"another adapter": {"NT large": "tiled"}}');
  const began = performance.now();
  const choices = await tuneKernels(gpu, { store });
  const took = performance.now() - began;
  console.log(`tuned in ${took.toFixed(0)} ms:`, choices);
  expect(store.writes).toBe(1);
  expect(Object.keys(JSON.parse(store.text))).toHaveLength(2);
  const names = matmulVariants.map(({ name }) => name);
  for (const name of Object.values(choices)) expect(names).toContain(name);
  expect(await tuneKernels(gpu, { store })).toEqual(choices);
  expect(store.writes).toBe(1);

  const rule = variantOf(new Graph(gpu.traits));
  rememberMatmulChoices(gpu.traits, { 'NT large': 'registers' });
  expect(variantOf(new Graph(gpu.traits))).toBe('registers');
  rememberMatmulChoices(gpu.traits, choices);
  expect(variantOf(new Graph(gpu.traits))).toBe(rule);
  gpu.destroy();
});

test('a broken or unreachable memory costs the measurement, no more', async () => {
  const gpu = await requestGpu();
  const broken = memory('{"half');
  await tuneKernels(gpu, { store: broken, milliseconds: 0 });
  expect(broken.writes).toBe(1);
  const none = {
    read: () => Promise.reject(new Error('no disk')),
    write: () => Promise.reject(new Error('no disk')),
  };
  expect(await tuneKernels(gpu, { store: none, milliseconds: 0 })).toEqual({});
  gpu.destroy();
});
