import type { Batch } from '@attune/data';
import { dft, nll, type Tensor } from '@attune/kernels';
import {
  addedTokens,
  countTargets,
  decoder,
  type Network,
  predictionInputs,
  predictionValues,
  predictTokens,
  tokenInputs,
  tokenValues,
} from '@attune/model';
import type { Graph, InputData, Values } from '@attune/plan';
import {
  bucket,
  flatten,
  type MicroBatch,
  PlannedObjective,
  type Share,
  type TunedModel,
} from '@attune/trainer';

export type SFTLoss = 'nll' | 'chunked_nll' | 'dft';

export interface NextTokenOptions {
  readonly lossType: SFTLoss;
  readonly gradientCheckpointing: boolean;
  /** Positions of the uploaded rotary table. */
  readonly positions: number;
}

/** The (bucketed) numbers of tokens and of predictions that share a plan. */
export interface NextTokenSizes {
  readonly tokens: number;
  readonly count: number;
}

/** Next-token prediction: embed, decode, predict the trained tokens, sum the loss. */
export function nextTokenLoss(
  graph: Graph,
  network: Network,
  { tokens, count }: NextTokenSizes,
  options: NextTokenOptions,
  gradient: boolean,
): Tensor {
  const { virtual } = network.tuning;
  const batch = tokenInputs(graph, network.config, 1, tokens, options.positions, '', virtual);
  const hidden = decoder(graph, network, batch, {
    checkpoint: gradient && options.gradientCheckpointing,
  });
  const predicted = predictTokens(graph, network, hidden, predictionInputs(graph, count));
  const { loss } = graph.apply(
    options.lossType === 'dft' ? dft : nll,
    {
      logps: predicted.logps,
      weights: graph.input('weights', [count]),
      scale: graph.input('scale', [1]),
    },
    {},
  );
  graph.output('entropy', predicted.entropy);
  graph.output('correct', predicted.correct);
  return loss;
}

/** The objective of pretraining and supervised fine-tuning: TRL's `nll` and `dft`. */
export class NextToken extends PlannedObjective<Batch, NextTokenSizes> {
  readonly #options: NextTokenOptions;

  constructor(model: TunedModel, options: NextTokenOptions, seed: number) {
    super(model, seed);
    this.#options = options;
  }

  /** What a step's loss is divided by: as in transformers, without the first tokens that virtual ones predict. */
  override count(batch: Batch): number {
    return countTargets(batch);
  }

  #predicted(batch: Batch): number {
    return countTargets(batch, this.model.network.tuning.virtual);
  }

  sizes(batch: Batch): NextTokenSizes {
    return { tokens: bucket(flatten(batch).length), count: bucket(this.#predicted(batch)) };
  }

  override prepare(batch: Batch, share: Share, gradient = true): Promise<MicroBatch> {
    // Held-out losses are means over all that is predicted.
    const own = gradient ? share : { ...share, items: this.#predicted(batch) };
    return super.prepare(batch, own, gradient);
  }

  trace(graph: Graph, sizes: NextTokenSizes, network: Network, gradient: boolean): Tensor {
    return nextTokenLoss(graph, network, sizes, this.#options, gradient);
  }

  values(
    batch: Batch,
    { tokens, count }: NextTokenSizes,
    { items }: Share,
  ): Record<string, InputData> {
    const { virtual } = this.model.network.tuning;
    const flat = flatten(batch, { first: addedTokens(virtual) > 0 });
    return {
      ...tokenValues(flat, 1, tokens, virtual),
      ...predictionValues(flat, tokens, count, virtual),
      scale: Float32Array.of(items > 0 ? 1 / items : 0),
    };
  }

  metrics(outputs: Values, batch: Batch) {
    const count = Math.max(1, this.#predicted(batch));
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
}
