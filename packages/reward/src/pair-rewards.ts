import type { PairBatch } from '@attune/data';
import { rewardPair, rewardPairMetricNames } from '@attune/kernels';
import {
  decoder,
  lastTokens,
  type Network,
  rowScores,
  tokenInputs,
  tokenValues,
} from '@attune/model';
import { dropoutValues } from '@attune/peft';
import { type Executor, Graph, PlannedGraph, type Values } from '@attune/plan';
import {
  bucket,
  flatten,
  type MicroBatch,
  type Objective,
  PlanCache,
  type Share,
} from '@attune/trainer';

export interface PairRewardsOptions {
  /** Weight of (chosen + rejected)², which holds rewards around 0; TRL's `center_rewards_coefficient`. */
  readonly centerRewardsCoefficient: number | null;
  readonly gradientCheckpointing: boolean;
  /** Padding's id: a row is judged at its last token of another id. */
  readonly padTokenId: number;
  /** Positions of the uploaded rotary table. */
  readonly positions: number;
  readonly seed: number;
}

/** The sizes that share a plan: (bucketed) tokens of all rows, pairs, and whether pairs have margins. */
export interface PairSizes {
  readonly tokens: number;
  readonly pairs: number;
  readonly margins: boolean;
}

/**
 * Rewards of pairs as a graph: embed, decode, judge each row at its last token, compare. With
 * `gradient` the gradients of everything that trains are added to their places.
 */
export function pairRewardsGraph(
  graph: Graph,
  network: Network,
  { tokens, pairs, margins }: PairSizes,
  options: PairRewardsOptions,
  gradient: boolean,
): Graph {
  const batch = tokenInputs(graph, network.config, 1, tokens, options.positions);
  const hidden = decoder(graph, network, batch, {
    checkpoint: gradient && options.gradientCheckpointing,
  });
  const last = graph.input('last', [2 * pairs], 'i32');
  const { loss, metrics } = graph.apply(
    rewardPair,
    {
      rewards: rowScores(graph, network, hidden, last),
      scale: graph.input('scale', [1]),
      ...(margins && { margins: graph.input('margins', [pairs]) }),
    },
    { centering: options.centerRewardsCoefficient ?? 0 },
  );
  graph.output('loss', loss);
  graph.output('metrics', metrics);
  if (gradient) graph.backward(loss);
  return graph;
}

/** The objective of a reward model: the chosen answer's reward above the rejected one's. */
export class PairRewards implements Objective<PairBatch> {
  readonly #executor: Executor;
  readonly #networks: { train: Network; evaluate: Network };
  readonly #options: PairRewardsOptions;
  readonly #plans: PlanCache;

  constructor(
    executor: Executor,
    networks: { train: Network; evaluate: Network },
    options: PairRewardsOptions,
  ) {
    this.#executor = executor;
    this.#plans = new PlanCache(executor);
    this.#networks = networks;
    this.#options = options;
  }

  count(batch: PairBatch): number {
    return batch.pairs;
  }

  plannedFor(batch: PairBatch): PlannedGraph {
    const { pairs, margins } = batch;
    return this.planned({ tokens: flatten(batch).length, pairs, margins: margins !== undefined });
  }

  /** The graph of a batch of these sizes, planned but not compiled: its memory account is known. */
  planned(sizes: PairSizes, gradient = true): PlannedGraph {
    const graph = new Graph(this.#executor.gpu.traits);
    const network = gradient ? this.#networks.train : this.#networks.evaluate;
    const room = { ...sizes, tokens: bucket(sizes.tokens) };
    return new PlannedGraph(pairRewardsGraph(graph, network, room, this.#options, gradient));
  }

  async prepare(
    batch: PairBatch,
    { microBatches, index }: Share,
    gradient = true,
  ): Promise<MicroBatch> {
    const { pairs, margins } = batch;
    const flat = flatten(batch);
    const sizes = { tokens: bucket(flat.length), pairs, margins: margins !== undefined };
    const key = `${gradient} ${sizes.tokens} ${pairs} ${sizes.margins}`;
    const plan = await this.#plans.get(key, () => this.planned(sizes, gradient));
    return {
      plan,
      values: {
        ...tokenValues(flat, 1, sizes.tokens),
        last: lastTokens(flat, this.#options.padTokenId),
        // As in TRL every micro-batch weighs the same, a short one too.
        scale: Float32Array.of(1 / (pairs * microBatches)),
        ...(margins && { margins }),
        ...dropoutValues(plan.planned.inputs.keys(), this.#options.seed, index),
      },
    };
  }

  metrics(outputs: Values, { pairs }: PairBatch) {
    const of = (name: (typeof rewardPairMetricNames)[number]) =>
      outputs.metrics![rewardPairMetricNames.indexOf(name)]!;
    return {
      loss: outputs.loss![0]!,
      min_reward: of('least'),
      mean_reward: of('reward') / (2 * pairs),
      max_reward: of('greatest'),
      accuracy: of('correct') / pairs,
      margin: of('margin') / pairs,
    };
  }

  destroy(): void {
    this.#plans.destroy();
  }
}
