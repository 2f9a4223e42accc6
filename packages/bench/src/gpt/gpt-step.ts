import type { Gpu } from '@attune/gpu';
import {
  add,
  attention,
  embedding,
  gelu,
  layerNorm,
  matmul,
  nll,
  type Tensor,
  tokenLogps,
} from '@attune/kernels';
import { updateGraph, updateValues } from '@attune/optim';
import { Executor, Graph, type InputData, Store, Trainable } from '@attune/plan';
import { adam, gpt, gptBatch, gptWeights, type NamedWeight } from './gpt.ts';

const { rows, length, width, heads, layers, eps } = gpt;
const tokens = rows * length;

/** The output layer stands as [vocabulary, width], since that is what `tokenLogps` reads. */
function turnedHead({ shape: [inputs, outputs], data }: NamedWeight): NamedWeight {
  const [m, n] = [inputs!, outputs!];
  return { shape: [n, m], data: data.map((_, i) => data[(i % m) * n + Math.floor(i / m)]!) };
}

function weightsHere(): Map<string, NamedWeight> {
  const weights = gptWeights();
  return weights.set('head', turnedHead(weights.get('head')!));
}

/** Forward pass, mean loss over all tokens, and the gradient of every weight. */
export function gptGraph(gpu: Gpu, trainable: Trainable): Graph {
  const graph = new Graph(gpu.traits);
  const weight = (name: string) => trainable.tensor(graph, name)!;
  const norm = (x: Tensor, name: string) => {
    const inputs = { x, weight: weight(`${name}.weight`), bias: weight(`${name}.bias`) };
    return graph.apply(layerNorm, inputs, { eps }).y;
  };
  const linear = (x: Tensor, name: string) =>
    graph.apply(matmul, { x, weight: weight(name) }, {}).y;
  const plus = (a: Tensor, b: Tensor) => graph.apply(add, { a, b }, {}).y;
  const bounds = graph.input('bounds', [tokens, 2], 'i32');
  const heedPast = (q: Tensor, k: Tensor, v: Tensor) =>
    graph.apply(
      attention,
      { q, k, v, bounds },
      {
        rows,
        length,
        heads,
        kvHeads: heads,
        headDim: width / heads,
        scale: 1 / Math.sqrt(width / heads),
      },
    ).y;
  const look = (table: string, ids: Tensor) =>
    graph.apply(embedding, { table: weight(table), ids }, {}).y;

  let x = plus(
    look('tokens', graph.input('ids', [tokens], 'i32')),
    look('positions', graph.input('places', [tokens], 'i32')),
  );
  for (let i = 0; i < layers; i++) {
    const a = norm(x, `${i}.norm1`);
    const seen = heedPast(linear(a, `${i}.q`), linear(a, `${i}.k`), linear(a, `${i}.v`));
    x = plus(x, linear(seen, `${i}.o`));
    const up = linear(norm(x, `${i}.norm2`), `${i}.up`);
    x = plus(x, linear(graph.apply(gelu, { x: up }, { approximate: 'tanh' }).y, `${i}.down`));
  }
  const { logps } = graph.apply(
    tokenLogps,
    {
      hidden: norm(x, 'norm'),
      weight: weight('head'),
      targets: graph.input('targets', [tokens], 'i32'),
    },
    {},
  );
  const weights = graph.input('weights', [tokens]);
  const { loss } = graph.apply(nll, { logps, weights, scale: graph.input('scale', [1]) }, {});
  graph.output('loss', loss);
  graph.backward(loss);
  return graph;
}

const inputs = (): Record<string, InputData> => ({
  ...gptBatch(),
  places: Int32Array.from({ length: tokens }, (_, i) => i % length),
  bounds: Int32Array.from({ length: 2 * tokens }, (_, i) => (i % 2) * length),
  weights: new Float32Array(tokens).fill(1),
  scale: Float32Array.of(1 / tokens),
});

/** A library that trains the benchmark's GPT. */
export interface StepContender {
  readonly name: string;
  /** One step with its optimizer; resolves to the loss before it, once the GPU has done the whole step. */
  step(): Promise<number>;
  dispose(): void;
}

/** The step on the plan. */
export async function gptTrainer(gpu: Gpu): Promise<StepContender & { parameters: number }> {
  const weights = weightsHere();
  const list = [...weights].map(([name, { shape }]) => ({ name, shape, decay: false }));
  const trainable = new Trainable(list, gpu.traits.maxStorageBinding);
  const store = new Store(gpu);
  trainable.allocate(store);
  for (const [name, { data }] of weights) trainable.write(store, name, data);
  const executor = new Executor(store);
  const step = await executor.compile(gptGraph(gpu, trainable));
  const update = await executor.compile(updateGraph(gpu.traits, trainable));
  const values = inputs();
  const clear = trainable.residents('gradients');
  let t = 0;
  return {
    name: 'attune',
    parameters: trainable.count,
    async step() {
      const schedule = updateValues({ ...adam, step: ++t }, 0);
      const { loss } = await executor.run(
        [
          [step, values],
          [update, schedule],
        ],
        { clear },
      );
      return loss![0]!;
    },
    dispose() {
      step.destroy();
      update.destroy();
      executor.destroy();
      store.destroy();
    },
  };
}
