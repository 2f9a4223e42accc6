import type { Tensor } from '@attune/kernels';
import type { Network } from '@attune/model';
import { dropoutValues } from '@attune/peft';
import { Graph, type InputData, PlannedGraph, type Values } from '@attune/plan';
import type { LoopBatch, MicroBatch, Objective, Share } from './loop.ts';
import { PlanCache } from './plan-cache.ts';
import type { TunedModel } from './tuned-model.ts';

/** A step's loss and what is logged beside it. */
export type LossMetrics = { loss: number } & Record<string, number>;

/**
 * An objective whose plans are kept by size: an algorithm says which graph a batch of some size runs in, what its
 * inputs are and what its outputs mean.
 */
export abstract class PlannedObjective<B extends LoopBatch, S> implements Objective<B> {
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

  /** What losses are divided by. */
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
