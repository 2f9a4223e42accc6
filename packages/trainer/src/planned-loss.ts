import type { Tensor } from '@attune/kernels';
import type { Network } from '@attune/model';
import { dropoutValues } from '@attune/peft';
import { Graph, PlannedGraph, type Values } from '@attune/plan';
import type { LoopBatch, MicroBatch, Objective, Share } from './loop.ts';
import { PlanCache } from './plan-cache.ts';
import type { TunedModel } from './tuned-model.ts';

/** A step's loss and what is logged beside it. */
export type LossMetrics = { loss: number } & Record<string, number>;

/** What the inputs of a loss are filled from. */
export interface Feed<B> {
  readonly batch: B;
  readonly share: Share;
}

/** One algorithm's loss over a micro-batch. */
export interface Loss<B, S = unknown> {
  /** The sizes of the plan for a batch: batches of the same sizes share it. */
  sizes(batch: B): S;
  /** Records the forward pass and the loss, each input with what fills it; returns the loss. */
  record(graph: Graph<Feed<B>>, sizes: S, policy: Network, training: boolean): Tensor;
  /** What the outputs of that graph mean. */
  metrics(outputs: Values, feed: Feed<B>): LossMetrics;
  /** What losses are divided by. Default: rows. */
  count?(batch: B, training: boolean): number;
}

/** A loss whose plans are kept by size. */
export class PlannedLoss<B extends LoopBatch, S> implements Objective<B> {
  readonly #model: TunedModel;
  readonly #loss: Loss<B, S>;
  readonly #plans: PlanCache;
  readonly #seed: number;

  constructor(model: TunedModel, loss: Loss<B, S>, seed: number) {
    this.#model = model;
    this.#loss = loss;
    this.#plans = new PlanCache(model.executor);
    this.#seed = seed;
  }

  count(batch: B, training = true): number {
    return this.#loss.count?.(batch, training) ?? batch.rows;
  }

  /** The step's plan for a batch, planned but not compiled: its memory is known. */
  plannedFor(batch: B): PlannedGraph<Feed<B>> {
    return this.#planned(this.#loss.sizes(batch), true);
  }

  #planned(sizes: S, training: boolean): PlannedGraph<Feed<B>> {
    const { executor, training: trained, network } = this.#model;
    const graph = new Graph<Feed<B>>(executor.gpu.traits);
    const loss = this.#loss.record(graph, sizes, training ? trained : network, training);
    graph.output('loss', loss);
    if (training) graph.backward(loss);
    return new PlannedGraph(graph);
  }

  async prepare(batch: B, share: Share): Promise<MicroBatch> {
    const sizes = this.#loss.sizes(batch);
    const key = `${share.training} ${JSON.stringify(sizes)}`;
    const plan = await this.#plans.get(key, () => this.#planned(sizes, share.training));
    const { planned } = plan;
    return {
      plan,
      values: {
        ...planned.values({ batch, share }),
        ...dropoutValues(planned.inputs.keys(), this.#seed, share.index),
      },
    };
  }

  metrics(outputs: Values, batch: B, share: Share): LossMetrics {
    return this.#loss.metrics(outputs, { batch, share });
  }

  destroy(): void {
    this.#plans.destroy();
  }
}

/** The sums that a loss kernel gives, each over `count`, by their names. */
export function namedMeans(names: readonly string[], sums: ArrayLike<number>, count: number) {
  return Object.fromEntries(names.map((name, i) => [name, sums[i]! / count]));
}
