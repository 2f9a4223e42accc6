import { readdirSync } from 'node:fs';
import { testGpu } from '@attune/gpu/testing';
import { nll } from '@attune/kernels';
import {
  blueprintOf,
  bytesFromPath,
  decoder,
  logits,
  Network,
  openModel,
  predictionInputs,
  predictionValues,
  predictTokens,
  readSafetensors,
  tokenInputs,
  tokenValues,
  uploadRope,
} from '@attune/model';
import { fullTuning, initialise } from '@attune/peft';
import { Executor, Graph, Store, Trainable } from '@attune/plan';
import { expect, test } from 'vitest';

// ATTUNE_FIXTURES names the folder of reference fixtures (families/NAME/expected.safetensors).
const root = process.env.ATTUNE_FIXTURES ?? '';
const names = readdirSync(`${root}/families`).filter((n) => !n.includes('softcap'));

test.runIf(readdirSync(`${root}/families`).includes('gemma3-softcap'))(
  'capped logits are refused by name',
  async () => {
    await expect(openModel(`${root}/families/gemma3-softcap`)).rejects.toThrow(
      'final_logit_softcapping',
    );
  },
);

test.each(names)(
  '%s: logits within 1e-4, gradients of every parameter within 1e-3',
  async (name) => {
    const folder = `${root}/families/${name}`;
    const model = await openModel(folder);
    const { config } = model;
    const expected = await readSafetensors(await bytesFromPath(`${folder}/expected.safetensors`));
    const ints = async (key: string) => {
      const raw = await expected.raw(key);
      return expected.info(key).dtype === 'I64'
        ? Int32Array.from(new BigInt64Array(raw.buffer, raw.byteOffset, raw.byteLength / 8), Number)
        : Int32Array.from(new Int32Array(raw.buffer, raw.byteOffset, raw.byteLength / 4));
    };
    const [rows, length] = expected.info('input_ids').shape as [number, number];
    const [inputIds, labels, mask] = [
      await ints('input_ids'),
      await ints('labels'),
      await ints('attention_mask'),
    ];
    const positions = Int32Array.from(mask, (_, i) => i % length);
    const batch = { rows, length, inputIds, labels, positions, segmentIds: mask };
    const gpu = await testGpu();
    const store = new Store(gpu);
    const method = fullTuning(config);
    const trainable = new Trainable(method.tensors);
    trainable.allocate(store, ['parameters', 'gradients']);
    await initialise(method, trainable, store, model.weights);
    uploadRope(store, config, config.maxPositionEmbeddings);
    const graph = new Graph(gpu.traits);
    const network = new Network(config, method.tuning(trainable));
    const tokens = tokenInputs(graph, config, rows, length);
    const hidden = decoder(graph, network, tokens, { checkpoint: name.includes('tied') });
    const count = rows * length;
    const predictions = predictionInputs(graph, count);
    const { logps } = predictTokens(graph, network, hidden, predictions);
    const loss = graph.apply(
      nll,
      { logps, weights: graph.input('weights', [count]), scale: graph.input('scale', [1]) },
      {},
    );
    graph.output('loss', loss.loss);
    graph.output('logits', logits(graph, network, hidden));
    graph.backward(loss.loss);
    const executor = new Executor(store);
    const plan = await executor.compile(graph);
    const values = predictionValues(batch, length, count);
    const trained = values.weights.filter(Boolean).length;
    const out = await executor.run(
      [[plan, { ...tokenValues(batch), ...values, scale: Float32Array.of(1 / trained) }]],
      {
        clear: trainable.residents('gradients'),
      },
    );
    const truth = await expected.float32('logits');
    let worst = 0;
    for (let i = 0; i < truth.length; i++) {
      if (mask[Math.floor(i / config.vocabSize)])
        worst = Math.max(worst, Math.abs(truth[i]! - out.logits![i]!));
    }
    expect(Math.abs(out.loss![0]! - (await expected.float32('loss'))[0]!)).toBeLessThan(1e-5);
    expect(worst).toBeLessThan(1e-4);
    const gradients = await trainable.read(store, 'gradients');
    let worstGradient = 0;
    for (const key of expected.names().filter((k) => k.startsWith('grad.'))) {
      const want = await expected.float32(key);
      const got =
        gradients.get(key.slice(5)) ??
        gradients.get(key.slice(5).replace('lm_head', blueprintOf(config).tokens.path));
      expect(got, key).toBeDefined();
      // The bias of keys that are not turned has a gradient of 0 but for rounding.
      let scale = 1e-4;
      let error = 0;
      for (let i = 0; i < want.length; i++) {
        scale = Math.max(scale, Math.abs(want[i]!));
        error = Math.max(error, Math.abs(want[i]! - got![i]!));
      }
      worstGradient = Math.max(worstGradient, error / scale);
    }
    console.log(name, 'logits', worst, 'gradients', worstGradient, 'dispatches', plan.dispatches);
    expect(worstGradient).toBeLessThan(1e-3);
    plan.destroy();
    executor.destroy();
    store.destroy();
  },
);
