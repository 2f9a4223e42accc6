import { readFileSync } from 'node:fs';
import { testGpu } from '@attune/gpu/testing';
import { embedding, ppoKlPenalty, type Tensor, tokenDivergence, tokenLogps } from '@attune/kernels';
import {
  bytesFromPath,
  decoder,
  Network,
  openModel,
  readSafetensors,
  tokenInputs,
  tokenValues,
  uploadWeights,
} from '@attune/model';
import {
  fullTuning,
  initialise,
  loraFromFiles,
  readAdapter,
  type TuningOptions,
  trainableOf,
  tunedLayout,
} from '@attune/peft';
import { Executor, fisherProduct, Graph, type InputData, Store } from '@attune/plan';

const root = new URL('../../policy/fixtures/trpo', import.meta.url).pathname;

export interface TrpoRow {
  readonly step: number;
  readonly prompt: readonly number[];
  readonly completion: readonly number[];
  readonly advantage: number;
}

export interface TrpoUpdate {
  readonly fisher_vector: { readonly dot: number };
  readonly gradient_norm: number;
  readonly solution_norm: number;
  readonly residual_norm: number;
  readonly curvature: number;
  readonly surrogate_before: number;
  readonly tries: readonly { readonly kl: number; readonly surrogate: number }[];
  readonly accepted: number | null;
}

/** A recorded run of TRPO: what it says, and its policy on the device as it started. */
export async function openTrpo(name: string) {
  const folder = `${root}/${name}`;
  const text = (file: string) => readFileSync(`${folder}/${file}`, 'utf8');
  const lines = (file: string) => text(file).trim().split('\n');
  const recipe = Object.fromEntries(lines('recipe.yaml').map((line) => line.split(': ')));
  const { config, weights } = await openModel(`${folder}/${recipe.model_name_or_path}`);
  const file = async (path: string) => readFileSync(`${folder}/initial/${path}`);
  const adapter = recipe.adapter_name_or_path && loraFromFiles(config, await readAdapter(file));
  const method = adapter ? adapter.method : fullTuning(config);

  const gpu = await testGpu();
  const store = new Store(gpu);
  const layout = tunedLayout(method, config, weights, { dropout: false });
  const trainable = trainableOf(method, layout);
  trainable.allocate(store, ['parameters', 'gradients']);
  await initialise(method, trainable, store, weights);
  if (adapter) for (const [key, data] of adapter.values) trainable.write(store, key, data);
  await uploadWeights(store, config, weights, { layout, except: (key) => method.replaces(key) });
  const executor = new Executor(store);
  return {
    ...{ gpu, store, executor, trainable },
    rows: lines('rollouts.jsonl').map((line) => JSON.parse(line) as TrpoRow),
    updates: (JSON.parse(text('updates.json')) as { updates: TrpoUpdate[] }).updates,
    maxKl: Number(recipe.max_kl),
    damping: Number(recipe.damping),
    iterations: Number(recipe.cg_iterations),
    backtrack: Number(recipe.backtrack),
    /** A recorded file's tensors by the names of what trains, after a prefix. */
    async tensors(path: string, prefix = ''): Promise<Map<string, Float32Array>> {
      const recorded = await readSafetensors(await bytesFromPath(`${folder}/${path}`));
      const found = new Map<string, Float32Array>();
      for (const key of trainable.tensors.keys()) {
        found.set(key, await recorded.float32(`${prefix}${key}`));
      }
      return found;
    },
    /** The policy in graphs. */
    network: (use: TuningOptions) =>
      new Network(config, method.tuning(trainable, { dropout: false, ...use }), layout),
    destroy() {
      executor.destroy();
      store.destroy();
    },
  };
}

export type Trpo = Awaited<ReturnType<typeof openTrpo>>;

/** Tokens of all rows, and of their completions; a little more than there are: padding must move nothing. */
export function roomOf(rows: readonly TrpoRow[]): { tokens: number; count: number } {
  const count = rows.reduce((sum, { completion }) => sum + completion.length, 0);
  const prompts = rows.reduce((sum, { prompt }) => sum + prompt.length, 0);
  return { tokens: count + prompts + 5, count: count + 3 };
}

export type TrpoRoom = ReturnType<typeof roomOf>;

/** The inputs of `trpoPlans` for some rows; `share` is 1 / (completion tokens of the whole update). */
export function trpoInputs(
  rows: readonly TrpoRow[],
  { tokens, count }: TrpoRoom,
  share: number,
): Record<string, InputData> {
  const flat = rows.flatMap(({ prompt, completion }, r) =>
    [...prompt, ...completion].map((id, t) => ({ id, t, r, answer: t >= prompt.length })),
  );
  const answers = [...flat.entries()].filter(([, { answer }]) => answer);
  const predicting = new Int32Array(count).fill(-1);
  const targets = new Int32Array(count).fill(-100);
  const [mask, advantages] = [new Float32Array(count), new Float32Array(count)];
  for (const [i, [at, { id, r }]] of answers.entries()) {
    predicting[i] = at - 1;
    targets[i] = id;
    mask[i] = 1;
    advantages[i] = rows[r]!.advantage;
  }
  const batch = {
    rows: 1,
    length: flat.length,
    inputIds: Int32Array.from(flat, ({ id }) => id),
    positions: Int32Array.from(flat, ({ t }) => t),
    segmentIds: Int32Array.from(flat, ({ r }) => r + 1),
  };
  return {
    ...tokenValues(batch, 1, tokens),
    ...{ predicting, targets, mask, advantages },
    oldLogps: new Float32Array(count),
    beta: Float32Array.of(0),
    scale: Float32Array.of(share),
  };
}

/** The plans of an update: the surrogate's gradient, a Fisher product, and a try of the line search. */
export async function trpoPlans(
  { gpu, executor, network }: Trpo,
  { tokens, count }: TrpoRoom,
  checkpoint = false,
) {
  const graphOf = (record: (graph: Graph, hidden: (of: Network) => Tensor) => void) => {
    const graph = new Graph(gpu.traits);
    const batch = tokenInputs(graph, network({}).config, 1, tokens);
    const ids = graph.input('predicting', [count], 'i32');
    record(graph, (of) => {
      const table = decoder(graph, of, batch, { checkpoint });
      return graph.apply(embedding, { table, ids }, {}).y;
    });
    return executor.compile(graph);
  };
  const counted = (graph: Graph) => ({
    mask: graph.input('mask', [count]),
    scale: graph.input('scale', [1]),
  });
  const surrogate = (
    graph: Graph,
    hidden: Tensor,
    weight: Tensor,
    own: ReturnType<typeof counted>,
  ) => {
    const targets = graph.input('targets', [count], 'i32');
    const { logps } = graph.apply(tokenLogps, { hidden, weight, targets }, {});
    const [oldLogps, advantages, beta] = ['oldLogps', 'advantages', 'beta'].map((name) =>
      graph.input(name, [name === 'beta' ? 1 : count]),
    ) as [Tensor, Tensor, Tensor];
    const { loss } = graph.apply(ppoKlPenalty, { logps, oldLogps, advantages, beta, ...own }, {});
    graph.output('logps', logps);
    graph.output('loss', loss);
    return loss;
  };
  return {
    loss: await graphOf((graph, hidden) => {
      const policy = network({});
      const weight = policy.outputWeight(graph);
      graph.backward(surrogate(graph, hidden(policy), weight, counted(graph)));
    }),
    fisher: await graphOf((graph, hidden) => {
      const policy = network({ tangent: true });
      const given = { hidden: hidden(policy), weight: policy.outputWeight(graph) };
      graph.output('energy', fisherProduct(graph, { ...given, ...counted(graph) }));
    }),
    attempt: await graphOf((graph, hidden) => {
      const [now, start] = [{}, { role: 'start' as const }].map((use) => {
        const policy = network({ gradient: false, ...use });
        return { hidden: hidden(policy), weight: policy.outputWeight(graph) };
      }) as [{ hidden: Tensor; weight: Tensor }, { hidden: Tensor; weight: Tensor }];
      const own = counted(graph);
      surrogate(graph, now.hidden, now.weight, own);
      const old = { oldHidden: start.hidden, oldWeight: start.weight };
      graph.output('kl', graph.apply(tokenDivergence, { ...now, ...old, ...own }, {}).kl);
    }),
  };
}
