import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { testGpu } from '@attune/gpu/testing';
import { embedding } from '@attune/kernels';
import {
  decoder,
  Generator,
  logits,
  Network,
  openModel,
  tokenInputs,
  tokenValues,
  uploadWeights,
  weightLayout,
} from '@attune/model';
import { Executor, Graph, Store } from '@attune/plan';
import { Tokenizer } from '@attune/tokenizer';
import { expect, test } from 'vitest';

// A real Gemma 3 GGUF (ATTUNE_GEMMA: its path), tokenised by its own metadata and continued greedily as llama.cpp does
// it (ATTUNE_LLAMACPP: a folder where node-llama-cpp is installed). llama.cpp rounds activations to eight bits beside
// quantised weights: where its text parts from ours, the two tokens must be as near as that.
const path = process.env.ATTUNE_GEMMA ?? '';
const prefix = process.env.ATTUNE_LLAMACPP ?? '';
const rounding = 0.5;
const count = 24;
const positions = 1024;
const texts = [
  'The capital of France is',
  'Once upon a time, there was a little',
  'def fibonacci(n):\n',
  '    naïve   日本語\n\n🎉',
];

interface LlamaCpp {
  getLlama(options: object): Promise<{
    loadModel(options: object): Promise<{
      tokenize(text: string, special: boolean): number[];
      createContext(options: object): Promise<{
        getSequence(): { evaluate(ids: number[], options: object): AsyncIterable<number> };
        dispose(): Promise<void>;
      }>;
    }>;
  }>;
}

test.runIf(path && prefix)('Gemma 3: tokens and greedy text are those of llama.cpp', async () => {
  const { config, weights, tokenizer: files } = await openModel(path);
  const tokenizer = Tokenizer.from(files);
  const gpu = await testGpu();
  const store = new Store(gpu);
  const layout = weightLayout(config, weights, { maxBytes: gpu.traits.maxStorageBinding });
  await uploadWeights(store, config, weights, { layout, positions });
  const executor = new Executor(store);
  const network = new Network(config, {}, layout);

  const entry = createRequire(join(resolve(prefix), 'package.json')).resolve('node-llama-cpp');
  const { getLlama } = (await import(pathToFileURL(entry).href)) as LlamaCpp;
  const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error' });
  const theirs = await llama.loadModel({ modelPath: path, gpuLayers: 0 });

  const prompts = texts.map((text) => [...tokenizer.encode(text)]);
  for (const [i, text] of texts.entries()) {
    expect(prompts[i]!.slice(1)).toEqual([...theirs.tokenize(text, true)]);
  }
  const generator = new Generator(executor, network, { capacity: 128 });
  const found = await generator.generate(prompts, { maxNewTokens: count });

  /** How far one token leads another after `ids`. */
  const lead = async (ids: number[], a: number, b: number) => {
    const graph = new Graph(gpu.traits);
    const hidden = decoder(graph, network, tokenInputs(graph, config, 1, ids.length, positions));
    const last = graph.input('last', [1], 'i32');
    const state = graph.apply(embedding, { table: hidden, ids: last }, {}).y;
    graph.output('logits', logits(graph, network, state));
    const plan = await executor.compile(graph);
    const batch = {
      ...{ rows: 1, length: ids.length, inputIds: Int32Array.from(ids) },
      positions: Int32Array.from(ids.keys()),
      segmentIds: new Int32Array(ids.length).fill(1),
    };
    const at = { last: Int32Array.of(ids.length - 1) };
    const out = (await executor.run([[plan, { ...tokenValues(batch), ...at }]])).logits!;
    plan.destroy();
    return out[a]! - out[b]!;
  };

  for (const [i, prompt] of prompts.entries()) {
    const context = await theirs.createContext({ contextSize: 128, threads: 1 });
    const ids: number[] = [];
    for await (const token of context.getSequence().evaluate(prompt, { temperature: 0 })) {
      ids.push(token);
      if (ids.length === count) break;
    }
    await context.dispose();
    const ours = found[i]!.ids;
    const apart = ids.findIndex((id, t) => id !== ours[t]);
    const gap =
      apart < 0 ? 0 : await lead([...prompt, ...ours.slice(0, apart)], ours[apart]!, ids[apart]!);
    console.log(
      `${JSON.stringify(tokenizer.decode(ours))}: ${apart < 0 ? 'the same in both' : `apart at token ${apart}, by a lead of ${gap.toFixed(3)}`}`,
    );
    expect(gap).toBeLessThan(rounding);
  }
  generator.destroy();
  executor.destroy();
  store.destroy();
});
