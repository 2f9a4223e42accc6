import type { Batch } from '@attune/data';
import { dft, nll } from '@attune/kernels';
import {
  countTargets,
  decoder,
  type Network,
  predictionInputs,
  predictionValues,
  predictTokens,
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

export type SFTLoss = 'nll' | 'chunked_nll' | 'dft';

export interface NextTokenOptions {
  readonly lossType: SFTLoss;
  readonly gradientCheckpointing: boolean;
  /** Positions of the uploaded rotary table. */
  readonly positions: number;
  readonly seed: number;
}

/**
 * Next-token prediction as a graph: embed, decode, predict the trained tokens, sum the loss.
 * `tokens` is the (bucketed) number of tokens, `count` of predictions. With `gradient` the
 * gradients of everything that trains are added to their places.
 */
export function nextTokenGraph(
  graph: Graph,
  network: Network,
  tokens: number,
  count: number,
  options: NextTokenOptions,
  gradient: boolean,
): Graph {
  const batch = tokenInputs(graph, network.config, 1, tokens, options.positions);
  const hidden = decoder(graph, network, batch, {
    checkpoint: gradient && options.gradientCheckpointing,
  });
  const predicted = predictTokens(graph, network, hidden, predictionInputs(graph, count));
  const loss = graph.apply(
    options.lossType === 'dft' ? dft : nll,
    {
      logps: predicted.logps,
      weights: graph.input('weights', [count]),
      scale: graph.input('scale', [1]),
    },
    {},
  );
  graph.output('loss', loss.loss);
  graph.output('entropy', predicted.entropy);
  graph.output('correct', predicted.correct);
  if (gradient) graph.backward(loss.loss);
  return graph;
}

/** The objective of pretraining and supervised fine-tuning: TRL's `nll` and `dft`. */
export class NextToken implements Objective {
  readonly #executor: Executor;
  readonly #networks: { train: Network; evaluate: Network };
  readonly #options: NextTokenOptions;
  readonly #plans: PlanCache;

  constructor(
    executor: Executor,
    networks: { train: Network; evaluate: Network },
    options: NextTokenOptions,
  ) {
    this.#executor = executor;
    this.#plans = new PlanCache(executor);
    this.#networks = networks;
    this.#options = options;
  }

  count(batch: Batch): number {
    return countTargets(batch);
  }

  plannedFor(batch: Batch): PlannedGraph {
    return this.planned(flatten(batch).length, countTargets(batch));
  }

  /** The graph of a batch of this size, planned but not compiled: its memory account is known. */
  planned(tokens: number, count: number, gradient = true): PlannedGraph {
    const graph = new Graph(this.#executor.gpu.traits);
    const network = gradient ? this.#networks.train : this.#networks.evaluate;
    const sizes = [bucket(tokens), bucket(count)] as const;
    return new PlannedGraph(nextTokenGraph(graph, network, ...sizes, this.#options, gradient));
  }

  async prepare(batch: Batch, { items, index }: Share, gradient = true): Promise<MicroBatch> {
    const flat = flatten(batch);
    const count = countTargets(batch);
    const sizes = { tokens: bucket(flat.length), count: bucket(count) };
    const key = `${gradient} ${sizes.tokens} ${sizes.count}`;
    const plan = await this.#plans.get(key, () => this.planned(flat.length, count, gradient));
    return {
      plan,
      values: {
        ...tokenValues(flat, 1, sizes.tokens),
        ...predictionValues(flat, sizes.tokens, sizes.count),
        scale: Float32Array.of(items > 0 ? 1 / items : 0),
        ...dropoutValues(plan.planned.inputs.keys(), this.#options.seed, index),
      },
    };
  }

  metrics(outputs: Values, batch: Batch) {
    const count = Math.max(1, countTargets(batch));
    const mean = (values: Values[string]) => {
      let sum = 0;
      for (const value of values) sum += value;
      return sum / count;
    };
    return {
      loss: outputs.loss![0]!,
      entropy: mean(outputs.entropy!),
      mean_token_accuracy: mean(outputs.correct!),
    };
  }

  destroy(): void {
    this.#plans.destroy();
  }
}
