import { ignored } from '@attune/data';
import type { TokenLogpsOptions } from '@attune/kernels';
import {
  decoder,
  type LabelledRows,
  type Network,
  predictionInputs,
  predictionValues,
  predictTokens,
  tokenInputs,
  tokenValues,
} from '@attune/model';
import { type Executor, Graph, type InputData, PlannedGraph } from '@attune/plan';
import { bucket, PlanCache } from '@attune/trainer';

/** A completion after its prompt. */
export interface CompletionRow {
  readonly prompt: Int32Array;
  readonly completion: Int32Array;
}

/** How large a plan is: tokens of all rows, completion tokens (both in buckets), and rows. */
export interface CompletionSizes {
  readonly tokens: number;
  readonly count: number;
  readonly rows: number;
}

const total = (lengths: readonly number[]) => lengths.reduce((a, b) => a + b, 0);

export function completionSizes(rows: readonly CompletionRow[]): CompletionSizes {
  const count = total(rows.map(({ completion }) => completion.length));
  const tokens = count + total(rows.map(({ prompt }) => prompt.length));
  return { tokens: bucket(tokens), count: bucket(count), rows: rows.length };
}

/** The inputs of `rows` completions in a graph, one row after the other in a single long one. */
export function completionInputs(
  graph: Graph,
  { config }: Network,
  { tokens, count, rows }: CompletionSizes,
) {
  return {
    batch: tokenInputs(graph, config, 1, tokens, config.maxPositionEmbeddings),
    predictions: predictionInputs(graph, count),
    /** i32 [rows, 2]: where each completion lies among the completion tokens. */
    sequences: graph.input('sequences', [rows, 2], 'i32'),
  };
}

export type CompletionInputs = ReturnType<typeof completionInputs>;

/** ln π(token) and the entropy of each completion token [count], in one forward pass over all rows. */
export function completionLogps(
  graph: Graph,
  network: Network,
  { batch, predictions }: Pick<CompletionInputs, 'batch' | 'predictions'>,
  { checkpoint = false, ...options }: TokenLogpsOptions & { readonly checkpoint?: boolean } = {},
) {
  const hidden = decoder(graph, network, batch, { checkpoint });
  return predictTokens(graph, network, hidden, predictions, options);
}

/** The values of `completionInputs`. */
export function completionValues(
  rows: readonly CompletionRow[],
  { tokens, count }: CompletionSizes,
): Record<string, InputData> {
  const flat = flattenRows(rows);
  const { predicting, targets } = predictionValues(flat, tokens, count);
  const sequences = new Int32Array(2 * rows.length);
  let at = 0;
  for (const [row, { completion }] of rows.entries()) {
    sequences.set([at, at + completion.length], 2 * row);
    at += completion.length;
  }
  return { ...tokenValues(flat, 1, tokens), predicting, targets, sequences };
}

/** A number for each completion token, in the order of the graph; 0 beyond the last. */
export function perToken(
  rows: readonly CompletionRow[],
  count: number,
  of: (row: number, i: number) => number,
): Float32Array {
  const values = new Float32Array(count);
  let at = 0;
  for (const [row, { completion }] of rows.entries()) {
    for (let i = 0; i < completion.length; i++) values[at++] = of(row, i);
  }
  return values;
}

/** The reverse of `perToken`: each row's part. */
export function rowParts(
  rows: readonly CompletionRow[],
  values: Float32Array,
): Float32Array<ArrayBuffer>[] {
  let end = 0;
  return rows.map(({ completion }) => {
    end += completion.length;
    return values.slice(end - completion.length, end);
  });
}

function flattenRows(rows: readonly CompletionRow[]): LabelledRows {
  const length = total(rows.map(({ prompt, completion }) => prompt.length + completion.length));
  const flat = {
    rows: 1,
    length,
    inputIds: new Int32Array(length),
    labels: new Int32Array(length).fill(ignored),
    positions: new Int32Array(length),
    segmentIds: new Int32Array(length),
  };
  let at = 0;
  for (const [row, { prompt, completion }] of rows.entries()) {
    const end = at + prompt.length + completion.length;
    flat.inputIds.set(prompt, at);
    flat.inputIds.set(completion, at + prompt.length);
    flat.labels.set(completion, at + prompt.length);
    flat.segmentIds.fill(row + 1, at, end);
    for (let i = at; i < end; i++) flat.positions[i] = i - at;
    at = end;
  }
  return flat;
}

/**
 * Log-probabilities of completions under networks that do not train: the policy that sampled, the reference.
 * Plans are kept by size.
 */
export class CompletionJudge {
  readonly #executor: Executor;
  readonly #networks: Readonly<Record<string, Network>>;
  readonly #temperature: number;
  readonly #plans: PlanCache;

  constructor(
    executor: Executor,
    networks: Readonly<Record<string, Network>>,
    temperature: number,
  ) {
    this.#executor = executor;
    this.#networks = networks;
    this.#temperature = temperature;
    this.#plans = new PlanCache(executor);
  }

  /**
   * By network: the log-probabilities of each row's tokens, `batchSize` rows at a time. Siblings that wrote the same
   * get the same numbers, to the last bit: those of the first of them.
   */
  async logps(
    rows: readonly CompletionRow[],
    batchSize: number,
  ): Promise<Record<string, Float32Array<ArrayBuffer>[]>> {
    const found = await this.#logpsOf(rows, batchSize);
    const keys = rows.map(({ prompt, completion }) => `${prompt.join()}|${completion.join()}`);
    const first = new Map([...keys.entries()].reverse().map(([i, key]) => [key, i]));
    const alike = (parts: Float32Array<ArrayBuffer>[]) =>
      keys.map((key) => parts[first.get(key)!]!);
    return Object.fromEntries(Object.entries(found).map(([name, parts]) => [name, alike(parts)]));
  }

  async #logpsOf(
    rows: readonly CompletionRow[],
    batchSize: number,
  ): Promise<Record<string, Float32Array<ArrayBuffer>[]>> {
    const names = Object.keys(this.#networks);
    const found = Object.fromEntries(
      names.map((name) => [name, [] as Float32Array<ArrayBuffer>[]]),
    );
    if (names.length === 0) return found;
    for (let from = 0; from < rows.length; from += batchSize) {
      const some = rows.slice(from, from + batchSize);
      const sizes = completionSizes(some);
      const plan = await this.#plans.get(JSON.stringify(sizes), () => this.#planned(sizes));
      const { sequences: _, ...values } = completionValues(some, sizes);
      const outputs = await this.#executor.run([[plan, values]]);
      for (const name of names) {
        found[name]!.push(...rowParts(some, outputs[name] as Float32Array));
      }
    }
    return found;
  }

  #planned({ tokens, count }: CompletionSizes): PlannedGraph {
    const graph = new Graph(this.#executor.gpu.traits);
    const [first] = Object.values(this.#networks);
    const { config } = first!;
    const batch = tokenInputs(graph, config, 1, tokens, config.maxPositionEmbeddings);
    const inputs = { batch, predictions: predictionInputs(graph, count) };
    for (const [name, network] of Object.entries(this.#networks)) {
      const options = { temperature: this.#temperature };
      graph.output(name, completionLogps(graph, network, inputs, options).logps);
    }
    return new PlannedGraph(graph);
  }

  destroy(): void {
    this.#plans.destroy();
  }
}
