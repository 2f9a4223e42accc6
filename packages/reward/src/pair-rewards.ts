import type { PairBatch } from '@attune/data';
import { rewardPair, rewardPairMetricNames, type Tensor } from '@attune/kernels';
import {
  decoder,
  lastTokens,
  type Network,
  rowScores,
  tokenInputs,
  tokenValues,
} from '@attune/model';
import type { Graph, Values } from '@attune/plan';
import { bucket, flatten, PlannedObjective, type Share, type TunedModel } from '@attune/trainer';

export interface PairRewardsOptions {
  /** Weight of (chosen + rejected)², which holds rewards around 0; TRL's `center_rewards_coefficient`. */
  readonly centerRewardsCoefficient: number | null;
  readonly gradientCheckpointing: boolean;
  /** Padding's id: a row is judged at its last token of another id. */
  readonly padTokenId: number;
  /** Positions of the uploaded rotary table. */
  readonly positions: number;
}

/** The sizes that share a plan: (bucketed) tokens of all rows, pairs, and whether pairs have margins. */
export interface PairSizes {
  readonly tokens: number;
  readonly pairs: number;
  readonly margins: boolean;
}

/** The objective of a reward model: the chosen answer's reward above the rejected one's. */
export class PairRewards extends PlannedObjective<PairBatch, PairSizes> {
  readonly #options: PairRewardsOptions;

  constructor(model: TunedModel, options: PairRewardsOptions, seed: number) {
    super(model, seed);
    this.#options = options;
  }

  override count(batch: PairBatch): number {
    return batch.pairs;
  }

  sizes(batch: PairBatch): PairSizes {
    const { pairs, margins } = batch;
    return { tokens: bucket(flatten(batch).length), pairs, margins: margins !== undefined };
  }

  /** Embed, decode, judge each row at its last token, compare. */
  trace(
    graph: Graph,
    { tokens, pairs, margins }: PairSizes,
    network: Network,
    gradient: boolean,
  ): Tensor {
    const options = this.#options;
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
    graph.output('metrics', metrics);
    return loss;
  }

  values(batch: PairBatch, { tokens }: PairSizes, { microBatches }: Share) {
    const flat = flatten(batch);
    const { pairs, margins } = batch;
    return {
      ...tokenValues(flat, 1, tokens),
      last: lastTokens(flat, this.#options.padTokenId),
      // As in TRL every micro-batch weighs the same, a short one too.
      scale: Float32Array.of(1 / (pairs * microBatches)),
      ...(margins && { margins }),
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
}
