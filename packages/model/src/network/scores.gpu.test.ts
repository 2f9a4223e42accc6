import { testGpu } from '@attune/gpu/testing';
import { elements, randomNormals, valueClip } from '@attune/kernels';
import { Executor, Graph, Store, Trainable } from '@attune/plan';
import { expect, test } from 'vitest';
import { expectedTensors } from '../families/families.ts';
import { openModel } from '../files/open.ts';
import { scoreModel } from '../files/score-model.ts';
import { fixture } from '../files/testing/fixture.ts';
import { forwardScores } from '../files/testing/forward.ts';
import { tokenInputs, tokenValues } from './batch.ts';
import { decoder } from './decoder.ts';
import { Network } from './network.ts';
import { uploadRope } from './positions.ts';
import { tokenScores } from './scores.ts';

const documents = [
  [5, 9, 300, 41, 7, 88, 2],
  [17, 255, 6, 6, 120],
];
const count = documents.flat().length;
/** What the answers' tokens are worth: the first three of each document are its prompt. */
const returns = Float32Array.from(randomNormals(count, 1, 1));
const mask = Float32Array.from(documents.flatMap((ids) => ids.map((_, t) => (t < 3 ? 0 : 1))));
const clipRange = 0.3;
const scale = 1 / 6;

/** A value model on the policy's weights, under a head that gives more than noise. */
async function valueModel() {
  const { config, weights } = scoreModel(await openModel(fixture('llama-2024')), { seed: 3 });
  const tensors = new Map<string, Float32Array>();
  for (const { name } of expectedTensors(config)) {
    const data = await weights.float32(name);
    tensors.set(name, name === 'score.weight' ? data.map((value) => value * 20) : data);
  }
  return { config, tensors };
}

type ValueModel = Awaited<ReturnType<typeof valueModel>>;

async function referenceValues(
  { config, tensors }: ValueModel,
  moved?: { name: string; by: (i: number) => number },
): Promise<number[]> {
  const weights = {
    async float32(name: string) {
      const data = Float64Array.from(tensors.get(name)!);
      return moved?.name === name ? data.map((value, i) => value + moved.by(i)) : data;
    },
  };
  const values: number[] = [];
  for (const ids of documents) values.push(...(await forwardScores({ config, weights }, ids)));
  return values;
}

/** PPO's clipped value loss in float64. */
const referenceLoss = (values: number[], old: Float32Array) =>
  values.reduce((sum, value, i) => {
    const near = Math.max(old[i]! - clipRange, Math.min(old[i]! + clipRange, value));
    const worse = Math.max((value - returns[i]!) ** 2, (near - returns[i]!) ** 2);
    return sum + 0.5 * worse * mask[i]! * scale;
  }, 0);

async function onDevice({ config, tensors }: ValueModel, old: Float32Array) {
  const gpu = await testGpu();
  const shapes = [...expectedTensors(config)].map((tensor) => ({ ...tensor, decay: true }));
  const trainable = new Trainable(shapes, gpu.traits.maxStorageBinding);
  const store = new Store(gpu);
  trainable.allocate(store);
  for (const [name, data] of tensors) trainable.write(store, name, data);
  uploadRope(store, config, config.maxPositionEmbeddings);
  const network = new Network(config, { weight: (graph, name) => trainable.tensor(graph, name) });
  const graph = new Graph(gpu.traits);
  // Longer than the documents: padding must neither have a value nor train.
  const room = count + 4;
  const hidden = decoder(graph, network, tokenInputs(graph, config, 1, room));
  const values = tokenScores(graph, network, hidden);
  const { loss } = graph.apply(
    valueClip,
    {
      values,
      returns: graph.input('returns', [room]),
      oldValues: graph.input('old', [room]),
      mask: graph.input('mask', [room]),
      scale: graph.input('scale', [1]),
    },
    { clipRange },
  );
  graph.output('loss', loss);
  graph.output('values', values);
  graph.backward(loss);
  const executor = new Executor(store);
  const plan = await executor.compile(graph);
  const padded = (data: Float32Array) => {
    const whole = new Float32Array(room);
    whole.set(data);
    return whole;
  };
  const rows = {
    rows: 1,
    length: count,
    inputIds: Int32Array.from(documents.flat()),
    positions: Int32Array.from(documents.flatMap((ids) => ids.map((_, t) => t))),
    segmentIds: Int32Array.from(documents.flatMap((ids, i) => ids.map(() => i + 1))),
  };
  const outputs = await executor.run(
    [
      [
        plan,
        {
          ...tokenValues(rows, 1, room),
          returns: padded(returns),
          old: padded(old),
          mask: padded(mask),
          scale: Float32Array.of(scale),
        },
      ],
    ],
    { clear: trainable.residents('gradients') },
  );
  const gradients = await trainable.read(store, 'gradients');
  executor.destroy();
  store.destroy();
  return { values: outputs.values!, loss: outputs.loss![0]!, gradients };
}

test('a value head gives every token a value, and its loss every weight the gradient of finite differences in float64', async () => {
  const model = await valueModel();
  const truth = await referenceValues(model);
  // Some tokens have left their old values by more than the range.
  const old = Float32Array.from(truth, (value, i) => value + (i % 3 === 0 ? 0.5 : 0.1));
  const { values, loss, gradients } = await onDevice(model, old);
  truth.forEach((value, i) => {
    expect(Math.abs(values[i]! - value), `value of token ${i}`).toBeLessThan(2e-6);
  });
  expect(Math.abs(loss / referenceLoss(truth, old) - 1)).toBeLessThan(1e-6);

  const step = 1e-5;
  let moving = 0;
  for (const [name, gradient] of gradients) {
    const direction = randomNormals(elements([gradient.length]), 7, moving);
    const at = async (sign: number) => {
      const by = (i: number) => sign * step * direction[i]!;
      return referenceLoss(await referenceValues(model, { name, by }), old);
    };
    const expected = ((await at(1)) - (await at(-1))) / (2 * step);
    let found = 0;
    let length = 0;
    for (const [i, value] of gradient.entries()) {
      found += value * direction[i]!;
      length += value * value;
    }
    expect(length, `gradient of ${name}`).toBeGreaterThan(0);
    expect(Math.abs(found - expected) / Math.sqrt(length), name).toBeLessThan(2e-5);
    moving++;
  }
  expect(moving).toBe(12);
});
