import { collatePairs, type PairBatch, type PreferenceExample } from '@attune/data';
import { orpo, orpoMetricNames, type Tensor, weightedLoss } from '@attune/kernels';
import type { Network } from '@attune/model';
import type { Graph, InputData, Values } from '@attune/plan';
import {
  type LossMetrics,
  ModelTrainer,
  PlannedObjective,
  type Share,
  TunedModel,
} from '@attune/trainer';
import { type AnswerSizes, answerSizes, namedMeans } from './answers.ts';
import type { PreferenceArguments, PreferenceTrainerOptions } from './preference-trainer.ts';
import {
  answersOf,
  likelihood,
  likelihoodLoss,
  meanLogits,
  paddedRows,
  pairValues,
} from './reference-free.ts';

/** The keys of a recipe that ORPO reads; names and defaults are TRL's. */
export interface ORPOArguments extends PreferenceArguments {
  /** Weight of the odds ratio, the paper's λ. Default 0.1. */
  readonly beta?: number;
}

export type ORPOTrainerOptions = PreferenceTrainerOptions<PreferenceExample, ORPOArguments>;

/**
 * Odds ratio preference optimisation: supervised fine-tuning on the chosen answers, and a term that
 * makes them more likely than the rejected ones, by their odds. There is no reference model.
 *
 * readDataset → encode → batches; each batch: forward → loss → backward → clip → step.
 * @example
 * const trainer = await ORPOTrainer.create({ gpu, config, weights, method, padTokenId, train, arguments });
 * for await (const step of trainer.steps()) console.log(step.step, step.metrics.log_odds_chosen);
 * @see Hong et al. 2024, https://arxiv.org/abs/2403.07691; TRL's ORPOTrainer
 */
export class ORPOTrainer extends ModelTrainer<PreferenceExample, PairBatch> {
  /** Makes the trained tensors and uploads the frozen ones. @throws AttuneError `nothing-to-train` */
  static async create(options: ORPOTrainerOptions): Promise<ORPOTrainer> {
    const { arguments: args, padTokenId } = options;
    const { disableDropout = true } = args;
    const model = await TunedModel.create({ ...options, disableDropout });
    const collate = (rows: readonly PreferenceExample[]) => collatePairs(rows, { padTokenId });
    return new ORPOTrainer(options, { model, objective: new ORPO(model, args), collate });
  }
}

/** The loss over a batch of P pairs: 2 P rows, all chosen, then all rejected, in one forward pass. */
class ORPO extends PlannedObjective<PairBatch, AnswerSizes> {
  readonly #args: ORPOArguments;

  constructor(model: TunedModel, args: ORPOArguments) {
    super(model, args.seed);
    this.#args = args;
  }

  sizes(batch: PairBatch): AnswerSizes {
    return answerSizes(paddedRows(batch, 'row'), batch.rows);
  }

  trace(graph: Graph, sizes: AnswerSizes, policy: Network, gradient: boolean): Tensor {
    const checkpoint = gradient && this.#args.gradientCheckpointing;
    const { logps, tokenLogps } = answersOf(graph, policy, sizes, checkpoint);
    const lengths = graph.input('lengths', [sizes.rows]);
    const scale = graph.input('scale', [1]);
    const odds = graph.apply(orpo, { logps, lengths, scale }, this.#args);
    graph.output('metrics', odds.metrics);
    const chosen = likelihoodLoss(graph, tokenLogps);
    return graph.apply(weightedLoss, { chosen, odds: odds.loss }, {}).loss;
  }

  values(batch: PairBatch, sizes: AnswerSizes, { microBatches }: Share): Record<string, InputData> {
    return pairValues(batch, sizes, microBatches, { likelihoodOf: 'row', average: true });
  }

  metrics(outputs: Values, batch: PairBatch): LossMetrics {
    return {
      loss: outputs.loss![0]!,
      ...namedMeans(orpoMetricNames, outputs.metrics!, batch.pairs),
      ...meanLogits(outputs, batch, 1),
      nll_loss: likelihood(outputs),
    };
  }
}
