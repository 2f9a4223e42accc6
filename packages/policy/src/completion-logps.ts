import { joinRows, type RowBatch } from '@attune/data';
import type { Network } from '@attune/model';
import { type Executor, Graph, PlannedGraph } from '@attune/plan';
import {
  PlanCache,
  predictedLogps,
  type RowSizes,
  rowInputs,
  rowParts,
  rowSizes,
} from '@attune/trainer';
import type { Completion } from './rollouts/rollouts.ts';

/** Completions behind their prompts as rows whose completions are predicted. */
export const completionRows = (completions: readonly Completion[]): RowBatch =>
  joinRows(
    completions.map(({ prompt, completion }) => {
      const inputIds = new Int32Array(prompt.length + completion.length);
      const labels = new Int32Array(inputIds.length).fill(-100);
      inputIds.set(prompt);
      inputIds.set(completion, prompt.length);
      labels.set(completion, prompt.length);
      return { inputIds, labels };
    }),
  );

/**
 * Log-probabilities of completions under networks that do not train: the policy that sampled, the reference model.
 * Plans are kept by size.
 */
export class CompletionLogps<N extends string> {
  readonly #executor: Executor;
  readonly #networks: Readonly<Partial<Record<N, Network>>>;
  readonly #temperature: number;
  readonly #plans: PlanCache;

  constructor(
    executor: Executor,
    networks: Readonly<Partial<Record<N, Network>>>,
    temperature: number,
  ) {
    this.#executor = executor;
    this.#networks = networks;
    this.#temperature = temperature;
    this.#plans = new PlanCache(executor);
  }

  /**
   * By network: the log-probabilities of each completion's tokens, `batchSize` rows at a time. Equal completions of the
   * same prompt get the same numbers, to the last bit: those of the first of them.
   */
  async of(
    completions: readonly Completion[],
    batchSize: number,
  ): Promise<Partial<Record<N, Float32Array<ArrayBuffer>[]>>> {
    const found = await this.#compute(completions, batchSize);
    const keys = completions.map((row) => `${row.prompt.join()}|${row.completion.join()}`);
    const first = new Map([...keys.entries()].reverse().map(([i, key]) => [key, i]));
    const alike = (parts: Float32Array<ArrayBuffer>[]) =>
      keys.map((key) => parts[first.get(key)!]!);
    return Object.fromEntries([...found].map(([name, parts]) => [name, alike(parts)])) as Partial<
      Record<N, Float32Array<ArrayBuffer>[]>
    >;
  }

  async #compute(
    completions: readonly Completion[],
    batchSize: number,
  ): Promise<Map<string, Float32Array<ArrayBuffer>[]>> {
    const names = Object.keys(this.#networks);
    const found = new Map(names.map((name) => [name, [] as Float32Array<ArrayBuffer>[]]));
    if (names.length === 0) return found;
    for (let from = 0; from < completions.length; from += batchSize) {
      const batch = completionRows(completions.slice(from, from + batchSize));
      const sizes = rowSizes(batch);
      const plan = await this.#plans.get(JSON.stringify(sizes), () => this.#planned(sizes));
      const outputs = await this.#executor.run([[plan, plan.planned.values(batch)]]);
      for (const name of names) {
        found.get(name)!.push(...rowParts(batch, outputs[name] as Float32Array));
      }
    }
    return found;
  }

  #planned(sizes: RowSizes): PlannedGraph<RowBatch> {
    const graph = new Graph<RowBatch>(this.#executor.gpu.traits);
    const networks = Object.entries<Network | undefined>(this.#networks);
    const rows = rowInputs(graph, networks[0]![1]!, sizes, (feed) => feed);
    for (const [name, network] of networks) {
      const options = { temperature: this.#temperature };
      graph.output(name, predictedLogps(graph, network!, rows, options).logps);
    }
    return new PlannedGraph(graph);
  }

  destroy(): void {
    this.#plans.destroy();
  }
}
