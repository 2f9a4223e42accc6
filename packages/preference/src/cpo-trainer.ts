import { collatePairs, type PairBatch, type PreferenceExample } from '@attune/data';
import {
  type CpoLossName,
  cpoLosses,
  pairLossMetricNames,
  type SimpoOptions,
  type Tensor,
  weightedLoss,
} from '@attune/kernels';
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

/** The keys of a recipe that CPO reads; names and defaults are TRL's. */
export interface CPOArguments
  extends PreferenceArguments,
    Pick<SimpoOptions, 'beta' | 'labelSmoothing' | 'simpoGamma' | 'alpha'> {
  /** `sigmoid` is CPO, `simpo` SimPO; `alphapo` is `simpo` without the likelihood term. Default `sigmoid`. */
  readonly lossType?: CpoLossName;
  /** Weight of the likelihood of the chosen answer; 0 for SimPO as in its paper. Default 1. */
  readonly cpoAlpha?: number;
}

export type CPOTrainerOptions = PreferenceTrainerOptions<PreferenceExample, CPOArguments>;

/**
 * Contrastive preference optimisation, SimPO and AlphaPO: DPO with a uniform reference, so that none
 * is needed, and the likelihood of the chosen answer to hold the policy.
 *
 * readDataset → encode → batches; each batch: forward → loss → backward → clip → step.
 * @example
 * const trainer = await CPOTrainer.create({ gpu, config, weights, method, padTokenId, train, arguments });
 * for await (const step of trainer.steps()) console.log(step.step, step.metrics['rewards/margins']);
 * @see Xu et al. 2024, https://arxiv.org/abs/2401.08417; SimPO: Meng et al. 2024,
 * https://arxiv.org/abs/2405.14734; AlphaPO: Gupta et al. 2025, https://arxiv.org/abs/2501.03884; TRL's CPOTrainer
 */
export class CPOTrainer extends ModelTrainer<PreferenceExample, PairBatch> {
  /** Makes the trained tensors and uploads the frozen ones. @throws AttuneError `nothing-to-train` */
  static async create(options: CPOTrainerOptions): Promise<CPOTrainer> {
    const { arguments: args, padTokenId } = options;
    const { disableDropout = true } = args;
    const model = await TunedModel.create({ ...options, disableDropout });
    const collate = (rows: readonly PreferenceExample[]) => collatePairs(rows, { padTokenId });
    return new CPOTrainer(options, { model, objective: new CPO(model, args), collate });
  }
}

/** The loss over a batch of P pairs: 2 P rows, all chosen, then all rejected, in one forward pass. */
class CPO extends PlannedObjective<PairBatch, AnswerSizes> {
  readonly #args: CPOArguments;
  readonly #lossType: CpoLossName;
  /** Weight of the likelihood term. */
  readonly #alpha: number;

  constructor(model: TunedModel, args: CPOArguments) {
    super(model, args.seed);
    const { lossType = 'sigmoid', cpoAlpha = 1 } = args;
    this.#args = args;
    this.#lossType = lossType;
    this.#alpha = lossType === 'alphapo' ? 0 : cpoAlpha;
  }

  sizes(batch: PairBatch): AnswerSizes {
    return answerSizes(paddedRows(batch, 'answer'), batch.rows);
  }

  trace(graph: Graph, sizes: AnswerSizes, policy: Network, gradient: boolean): Tensor {
    const checkpoint = gradient && this.#args.gradientCheckpointing;
    const { logps, tokenLogps } = answersOf(graph, policy, sizes, checkpoint);
    const lengths = graph.input('lengths', [sizes.rows]);
    const scale = graph.input('scale', [1]);
    const pairs = graph.apply(cpoLosses[this.#lossType], { logps, lengths, scale }, this.#args);
    graph.output('metrics', pairs.metrics);
    if (this.#alpha === 0) return pairs.loss;
    const losses = { pairs: pairs.loss, chosen: likelihoodLoss(graph, tokenLogps) };
    return graph.apply(weightedLoss, losses, { weights: { chosen: this.#alpha } }).loss;
  }

  values(batch: PairBatch, sizes: AnswerSizes, { microBatches }: Share): Record<string, InputData> {
    const average = !['sigmoid', 'hinge'].includes(this.#lossType);
    return pairValues(batch, sizes, microBatches, { likelihoodOf: 'answer', average });
  }

  metrics(outputs: Values, batch: PairBatch): LossMetrics {
    return {
      loss: outputs.loss![0]!,
      ...namedMeans(pairLossMetricNames, outputs.metrics!, batch.pairs),
      ...meanLogits(outputs, batch, 0),
      nll_loss: this.#alpha === 0 ? 0 : likelihood(outputs),
    };
  }
}
