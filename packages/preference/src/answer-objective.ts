import type { Tensor } from '@attune/kernels';
import type { Network } from '@attune/model';
import { dropoutValues } from '@attune/peft';
import { Graph, type InputData, PlannedGraph, type Values } from '@attune/plan';
import {
  type LoopBatch,
  type MicroBatch,
  type Objective,
  PlanCache,
  type Share,
  type TunedModel,
} from '@attune/trainer';

/** A step's loss and what is logged beside it. */
export type LossMetrics = { loss: number } & Record<string, number>;

/** The sums that a loss gives, each over `count`, by their names. */
export function namedMeans(names: readonly string[], sums: ArrayLike<number>, count: number) {
  return Object.fromEntries(names.map((name, i) => [name, sums[i]! / count]));
}

/**
 * An objective over answers: one algorithm says which graph a batch of some size runs in, what its
 * inputs are and what its outputs mean; plans are kept by size.
 */
export abstract class AnswerObjective<B extends LoopBatch, S> implements Objective<B> {
  readonly model: TunedModel;
  readonly #plans: PlanCache;
  readonly #seed: number;

  constructor(model: TunedModel, seed: number) {
    this.model = model;
    this.#plans = new PlanCache(model.executor);
    this.#seed = seed;
  }

  /** The sizes of the plan for a batch. */
  abstract sizes(batch: B): S;
  /** Records the forward pass and the loss; returns the loss. */
  abstract trace(graph: Graph, sizes: S, policy: Network, gradient: boolean): Tensor;
  /** The inputs of that graph. */
  abstract values(batch: B, sizes: S, share: Share): Record<string, InputData>;
  abstract metrics(outputs: Values, batch: B): LossMetrics;

  count(batch: B): number {
    return batch.rows;
  }

  /** The step's plan for a batch, planned but not compiled. */
  plannedFor(batch: B): PlannedGraph {
    return this.planned(this.sizes(batch));
  }

  /** The graph of a batch, planned but not compiled: its memory account is known. */
  planned(sizes: S, gradient = true): PlannedGraph {
    const { executor, training, network } = this.model;
    const graph = new Graph(executor.gpu.traits);
    const loss = this.trace(graph, sizes, gradient ? training : network, gradient);
    graph.output('loss', loss);
    if (gradient) graph.backward(loss);
    return new PlannedGraph(graph);
  }

  async prepare(batch: B, share: Share, gradient = true): Promise<MicroBatch> {
    const sizes = this.sizes(batch);
    const key = `${gradient} ${JSON.stringify(sizes)}`;
    const plan = await this.#plans.get(key, () => this.planned(sizes, gradient));
    return {
      plan,
      values: {
        ...this.values(batch, sizes, share),
        ...dropoutValues(plan.planned.inputs.keys(), this.#seed, share.index),
      },
    };
  }

  destroy(): void {
    this.#plans.destroy();
  }
}
