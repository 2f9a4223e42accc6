import type { RowBatch } from '@attune/data';
import { AttuneError } from '@attune/gpu';
import { decoder, logits, type Network, storedPositions } from '@attune/model';
import { type Executor, Graph, PlannedGraph } from '@attune/plan';
import { PlanCache } from './plan-cache.ts';
import { bucket, idRows, rowInputs } from './row-inputs.ts';

/** Logits of one sequence: hidden states by one plan, the output layer in parts that fit a binding. */
export class LogitsComputer {
  readonly #executor: Executor;
  readonly #network: Network;
  readonly #bodies: PlanCache;
  readonly #heads: PlanCache;
  readonly #most: number;

  constructor(executor: Executor, network: Network) {
    this.#executor = executor;
    this.#network = network;
    this.#bodies = new PlanCache(executor);
    this.#heads = new PlanCache(executor);
    const fit = executor.gpu.traits.maxStorageBinding / (4 * network.config.vocabSize);
    this.#most = Math.max(1, Math.min(128, Math.floor(fit)));
  }

  /** f32 [tokens, vocabulary], row-major. @throws AttuneError `bad-token`, `prompt-too-long` */
  async logits(ids: readonly number[], name = 'The sequence'): Promise<Float32Array> {
    const { config } = this.#network;
    checkIds(ids, config, name);
    const hidden = await this.#hidden(ids);
    const result = new Float32Array(ids.length * config.vocabSize);
    const width = config.hiddenSize;
    for (let from = 0; from < ids.length; from += this.#most) {
      const count = Math.min(this.#most, bucket(ids.length - from));
      const rows = Math.min(count, ids.length - from);
      const part = new Float32Array(count * width);
      part.set(hidden.subarray(from * width, (from + rows) * width));
      const head = await this.#heads.get(`${count}`, () => this.#head(count));
      const out = await this.#executor.run([[head, { hidden: part }]]);
      const values = out.logits!.subarray(0, rows * config.vocabSize) as Float32Array;
      result.set(values, from * config.vocabSize);
    }
    return result;
  }

  async #hidden(ids: readonly number[]): Promise<Float32Array> {
    const tokens = bucket(ids.length);
    const plan = await this.#bodies.get(`${tokens}`, () => this.#body(tokens));
    const run = await this.#executor.run([[plan, plan.planned.values(idRows([ids]))]]);
    return run.hidden as Float32Array;
  }

  #body(tokens: number): PlannedGraph<RowBatch> {
    const graph = new Graph<RowBatch>(this.#executor.gpu.traits);
    const sizes = { tokens, count: 1, rows: 1 };
    // As many positions as the uploaded rotary table has, or a learned embedding.
    const positions = storedPositions(this.#executor.store, this.#network.config);
    const { batch } = rowInputs(graph, this.#network, sizes, (feed) => feed, { positions });
    graph.output('hidden', decoder(graph, this.#network, batch));
    return new PlannedGraph(graph);
  }

  #head(count: number): PlannedGraph {
    const graph = new Graph(this.#executor.gpu.traits);
    const hidden = graph.input('hidden', [count, this.#network.config.hiddenSize]);
    graph.output('logits', logits(graph, this.#network, hidden));
    return new PlannedGraph(graph);
  }

  destroy(): void {
    this.#bodies.destroy();
    this.#heads.destroy();
  }
}

/** @throws AttuneError `bad-token`, `prompt-too-long` */
export function checkIds(
  ids: readonly number[],
  { vocabSize, maxPositionEmbeddings: most }: Network['config'],
  name: string,
): void {
  const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
  if (wrong !== undefined || ids.length === 0) {
    throw new AttuneError(
      'bad-token',
      wrong === undefined
        ? `${name} has no tokens.`
        : `${name} has the token ${wrong}; the vocabulary ends at ${vocabSize - 1}.`,
      'Check the row, and that it was tokenised for this model.',
    );
  }
  if (ids.length <= most) return;
  throw new AttuneError(
    'prompt-too-long',
    `${name} has ${ids.length} tokens; the model has ${most} positions.`,
    'Shorten the row.',
  );
}
