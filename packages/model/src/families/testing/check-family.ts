import { readFileSync } from 'node:fs';
import { testGpu } from '@attune/gpu/testing';
import { nll } from '@attune/kernels';
import { Executor, Graph, Store, Trainable } from '@attune/plan';
import { expect, test } from 'vitest';
import type { ModelConfig } from '../../config/config.ts';
import { parseConfig } from '../../config/parse.ts';
import { bytesFromMemory, bytesFromPath } from '../../files/bytes.ts';
import { exportGguf } from '../../files/gguf-export.ts';
import { type OpenModel, openModel } from '../../files/open.ts';
import { readSafetensors } from '../../files/safetensors.ts';
import { concat } from '../../files/testing/fault.ts';
import { Generator } from '../../generation/generator.ts';
import { type TokenRows, tokenInputs, tokenValues } from '../../network/batch.ts';
import { decoder } from '../../network/decoder.ts';
import { logits, predictionInputs, predictionValues, predictTokens } from '../../network/heads.ts';
import { plainLayout, weightLayout } from '../../network/layout.ts';
import { Network, uploadWeights } from '../../network/network.ts';
import { uploadRope } from '../../network/positions.ts';
import { expectedTensors } from '../families.ts';

/** What transformers recorded of a model: rows, and what it makes of them. */
interface Recorded extends TokenRows {
  readonly labels: Int32Array;
  readonly mask: Int32Array;
  float32(name: string): Promise<Float32Array>;
  names(): string[];
}

async function recordedOf(folder: string): Promise<Recorded> {
  const file = await readSafetensors(await bytesFromPath(`${folder}/expected.safetensors`));
  const ints = async (key: string) => {
    const raw = await file.raw(key);
    return Int32Array.from(
      new BigInt64Array(raw.buffer, raw.byteOffset, raw.byteLength / 8),
      Number,
    );
  };
  const [rows, length] = file.info('input_ids').shape as [number, number];
  const mask = await ints('attention_mask');
  return {
    ...{ rows, length, mask, segmentIds: mask },
    inputIds: await ints('input_ids'),
    labels: await ints('labels'),
    positions: Int32Array.from(mask, (_, i) => i % length),
    float32: (name) => file.float32(name),
    names: () => file.names(),
  };
}

/** The largest difference of logits where there is text. */
async function apart(found: ArrayLike<number>, recorded: Recorded, { vocabSize }: ModelConfig) {
  let worst = 0;
  for (const [i, want] of (await recorded.float32('logits')).entries()) {
    if (recorded.mask[Math.floor(i / vocabSize)])
      worst = Math.max(worst, Math.abs(want - found[i]!));
  }
  return worst;
}

/** Loss, logits and the gradient of every parameter, all of which train. */
async function trained(folder: string, checkpoint: boolean) {
  const { config, weights } = await openModel(folder);
  const recorded = await recordedOf(folder);
  const gpu = await testGpu();
  const store = new Store(gpu);
  const tensors = [...expectedTensors(config)].map((tensor) => ({ ...tensor, decay: false }));
  const trainable = new Trainable(tensors);
  trainable.allocate(store, ['parameters', 'gradients']);
  for (const { name } of tensors) trainable.write(store, name, await weights.float32(name));
  uploadRope(store, config, config.maxPositionEmbeddings);
  const graph = new Graph(gpu.traits);
  const weight = (graph: Graph, name: string) => trainable.tensor(graph, name);
  const network = new Network(config, { weight });
  const { rows, length } = recorded;
  const count = rows * length;
  const hidden = decoder(graph, network, tokenInputs(graph, config, rows, length), { checkpoint });
  const { logps } = predictTokens(graph, network, hidden, predictionInputs(graph, count));
  const [weighs, scale] = [graph.input('weights', [count]), graph.input('scale', [1])];
  const { loss } = graph.apply(nll, { logps, weights: weighs, scale }, {});
  graph.output('loss', loss);
  graph.output('logits', logits(graph, network, hidden));
  graph.backward(loss);
  const executor = new Executor(store);
  const plan = await executor.compile(graph);
  const predictions = predictionValues(recorded, length, count);
  const share = Float32Array.of(1 / predictions.weights.filter(Boolean).length);
  const inputs = { ...tokenValues(recorded), ...predictions, scale: share };
  const clear = trainable.residents('gradients');
  const out = await executor.run([[plan, inputs]], { clear });
  const gradients = await trainable.read(store, 'gradients');
  plan.destroy();
  executor.destroy();
  store.destroy();
  return { config, recorded, out, gradients };
}

/** So few bytes that the table of a fixture lies in parts. */
const few = 8192;

/** Frozen weights as they lie best: layers that read the same side by side, tables in parts that fit. */
async function frozen(folder: string, maxBytes?: number) {
  const { config, weights } = await openModel(folder);
  const layout = weightLayout(config, weights, { ...(maxBytes && { maxBytes }) });
  expect(layout.splits !== undefined).toBe(maxBytes !== undefined);
  const store = new Store(await testGpu());
  await uploadWeights(store, config, weights, { layout });
  const executor = new Executor(store);
  const destroy = () => {
    executor.destroy();
    store.destroy();
  };
  return { config, executor, network: new Network(config, {}, layout), destroy };
}

/**
 * Tests of a family's recorded model: what transformers computed for it, and the same by other ways through the
 * decoder. The folder holds config.json, model.safetensors, expected.safetensors and generation.json.
 */
export function testFamily(folder: string): void {
  test.each([false, true])(
    'loss, logits and the gradient of every parameter are those of transformers (checkpointing: %s)',
    async (checkpoint) => {
      const { config, recorded, out, gradients } = await trained(folder, checkpoint);
      expect(Math.abs(out.loss![0]! - (await recorded.float32('loss'))[0]!)).toBeLessThan(1e-5);
      expect(await apart(out.logits!, recorded, config)).toBeLessThan(1e-4);
      const names = recorded.names().filter((name) => name.startsWith('grad.'));
      expect(names.length).toBe(gradients.size);
      for (const name of names) {
        const want = await recorded.float32(name);
        const found = gradients.get(name.slice(5))!;
        expect(found?.length, name).toBe(want.length);
        const scale = want.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-8);
        const worst = want.reduce(
          (most, value, i) => Math.max(most, Math.abs(value - found[i]!)),
          0,
        );
        expect(worst / scale, name).toBeLessThan(1e-3);
      }
    },
  );

  test.each([
    ['side by side', undefined],
    ['in parts', few],
  ])(
    'frozen weights %s give the same logits, and not those of changed positions',
    async (_, bytes) => {
      const { config, executor, network, destroy } = await frozen(folder, bytes);
      const recorded = await recordedOf(folder);
      const graph = new Graph(executor.gpu.traits);
      const batch = tokenInputs(graph, config, recorded.rows, recorded.length);
      graph.output('logits', logits(graph, network, decoder(graph, network, batch)));
      const plan = await executor.compile(graph);
      const run = async (positions: Int32Array) =>
        (await executor.run([[plan, tokenValues({ ...recorded, positions })]])).logits!;
      expect(await apart(await run(recorded.positions), recorded, config)).toBeLessThan(1e-4);
      const squeezed = recorded.positions.map((position) => Math.floor(position / 2));
      expect(await apart(await run(squeezed), recorded, config)).toBeGreaterThan(1e-2);
      plan.destroy();
      destroy();
    },
  );

  test.each(['side by side', 'apart', 'in parts'])(
    'greedy tokens and log-probabilities are those of transformers, layers %s',
    async (how) => {
      const { config, weights } = await openModel(folder);
      const bytes = { ...(how === 'in parts' && { maxBytes: few }) };
      const layout = how === 'apart' ? plainLayout : weightLayout(config, weights, bytes);
      const store = new Store(await testGpu());
      await uploadWeights(store, config, weights, { layout });
      const executor = new Executor(store);
      const generator = new Generator(executor, new Network(config, {}, layout));
      const recorded = JSON.parse(readFileSync(`${folder}/generation.json`, 'utf8')) as {
        rows: { prompt: number[]; tokens: number[]; log_probs: number[] }[];
        max_new_tokens: number;
        eos_token_id: number;
      };
      const found = await generator.generate(
        recorded.rows.map(({ prompt }) => prompt),
        { maxNewTokens: recorded.max_new_tokens, eosTokenIds: [recorded.eos_token_id] },
      );
      for (const [row, { tokens, log_probs }] of recorded.rows.entries()) {
        expect(found[row]!.ids).toEqual(tokens);
        log_probs.forEach((value, i) => {
          expect(Math.abs(value - found[row]!.logProbs[i]!)).toBeLessThan(1e-4);
        });
      }
      generator.destroy();
      executor.destroy();
      store.destroy();
    },
  );
}

/**
 * Tests of a family's GGUF file, whose logits transformers computed from the dequantised weights: read as it is, as
 * float32, and written again.
 */
export function testGguf(folder: string): void {
  const expected = async () => {
    const file = await readSafetensors(await bytesFromPath(`${folder}/gguf.safetensors`));
    const raw = await file.raw('input_ids');
    const ids = new BigInt64Array(raw.buffer, raw.byteOffset, raw.byteLength / 8);
    return { ids: Int32Array.from(ids, Number), logits: await file.float32('logits') };
  };

  test.each(['as the file has them', 'as float32', 'in parts', 'written again'])(
    'logits of a GGUF, weights %s, are those of its dequantised weights',
    async (how) => {
      let model = await openModel(`${folder}/model.gguf`);
      if (how === 'written again') {
        const again = await written(model);
        expect(again.config).toEqual(model.config);
        model = again;
      }
      const { config, weights } = model;
      const bytes = { ...(how === 'in parts' && { maxBytes: few }) };
      const layout = how === 'as float32' ? plainLayout : weightLayout(config, weights, bytes);
      const store = new Store(await testGpu());
      await uploadWeights(store, config, weights, { layout });
      const executor = new Executor(store);
      const { ids, logits: want } = await expected();
      const graph = new Graph(executor.gpu.traits);
      const hidden = decoder(
        graph,
        new Network(config, {}, layout),
        tokenInputs(graph, config, 1, ids.length),
      );
      graph.output('logits', logits(graph, new Network(config, {}, layout), hidden));
      const plan = await executor.compile(graph);
      const batch = {
        ...{ rows: 1, length: ids.length, inputIds: ids },
        positions: Int32Array.from(ids.keys()),
        segmentIds: new Int32Array(ids.length).fill(1),
      };
      const found = (await executor.run([[plan, tokenValues(batch)]])).logits!;
      expect(Math.max(...want.map((value, i) => Math.abs(value - found[i]!)))).toBeLessThan(1e-4);
      plan.destroy();
      executor.destroy();
      store.destroy();
    },
  );
}

/** A model written as a GGUF of float32 and opened again. */
async function written({ config, weights, tokenizer }: OpenModel): Promise<OpenModel> {
  const pieces: Uint8Array[] = [];
  const model = { config, weights, tokenizer, name: 'again', type: 'F32' } as const;
  for await (const piece of exportGguf(model)) pieces.push(piece);
  return openModel(bytesFromMemory(concat(...pieces), 'again.gguf'));
}

/** The config of a folder in the words of an older transformers, where it lies beside. */
export function olderConfig(folder: string): ModelConfig {
  const text = readFileSync(`${folder}/config.2024.json`, 'utf8');
  return parseConfig(JSON.parse(text) as Record<string, unknown>);
}
