import { collatePairs, type PairBatch, type PreferenceExample } from '@attune/data';
import { requireScoreHead } from '@attune/model';
import {
  ModelTrainer,
  type TrainerArguments,
  TunedModel,
  type TunedModelOptions,
} from '@attune/trainer';
import { checkMargins, checkTokens, scoreNotFinite } from './errors.ts';
import { PairRewards } from './pair-rewards.ts';

/** The keys of a recipe that a reward model's training reads; names and defaults are TRL's. */
export interface RewardArguments extends TrainerArguments {
  readonly centerRewardsCoefficient?: number | null;
  /** Nothing is dropped, in LoRA neither. Default true. */
  readonly disableDropout?: boolean;
}

export interface RewardTrainerOptions extends Omit<TunedModelOptions, 'disableDropout'> {
  readonly padTokenId: number;
  /** Of `preparePreference(…, { trainer: 'reward' })`. */
  readonly train: readonly PreferenceExample[];
  readonly evaluation?: readonly PreferenceExample[];
  readonly arguments: RewardArguments;
}

/**
 * Trains a reward model on pairs: a model with a score head (`scoreModel`) learns to give the chosen
 * answer more than the rejected one, -log σ(r_chosen - r_rejected - margin).
 *
 * readDataset → applyTemplate → encode → batches; each batch: forward → loss → backward → clip → step.
 * @example
 * const { config, weights } = scoreModel(model, { padTokenId });
 * const { examples } = await preparePreference(['pairs.jsonl'], tokenizer, { trainer: 'reward' });
 * const trainer = await RewardTrainer.create({ gpu, config, weights, method: fullTuning(config), padTokenId, train: examples, arguments });
 * for await (const { step, metrics } of trainer.steps()) console.log(step, metrics.accuracy);
 * @see Ouyang et al. 2022, https://arxiv.org/abs/2203.02155, equation 1; TRL's RewardTrainer
 */
export class RewardTrainer extends ModelTrainer<PreferenceExample, PairBatch> {
  #pairs = 0;

  /**
   * Makes the trained tensors and uploads the frozen ones.
   * @throws AttuneError `missing-score-head`, `margin-missing`, `vocabulary-mismatch`, `row-too-long`, `nothing-to-train`
   */
  static async create(options: RewardTrainerOptions): Promise<RewardTrainer> {
    const { config, train, evaluation = [], arguments: args, padTokenId } = options;
    requireScoreHead(config);
    checkMargins('training', train);
    checkMargins('evaluation', evaluation);
    checkTokens(answers('training', train), config);
    checkTokens(answers('evaluation', evaluation), config);
    const disableDropout = args.disableDropout ?? true;
    const model = await TunedModel.create({ ...options, disableDropout });
    const objective = new PairRewards(
      model,
      {
        centerRewardsCoefficient: args.centerRewardsCoefficient ?? null,
        gradientCheckpointing: args.gradientCheckpointing,
        padTokenId,
        positions: model.config.maxPositionEmbeddings,
      },
      args.seed,
    );
    const collate = (pairs: readonly PreferenceExample[]) => collatePairs(pairs, { padTokenId });
    const trainer = new RewardTrainer(options, { model, objective, collate });
    trainer.#pairs = evaluation.length;
    return trainer;
  }

  /**
   * Mean loss and metrics on the evaluation pairs, as TRL reports them; nothing without such pairs.
   * @throws AttuneError `score-not-finite`
   */
  override async evaluate(): Promise<Record<string, number>> {
    const means = await super.evaluate();
    const mean = means.eval_mean_reward;
    if (mean === undefined || Number.isFinite(mean)) return means;
    throw scoreNotFinite(`The mean of ${this.#pairs} held-out pairs`, mean);
  }
}

function* answers(
  kind: string,
  examples: readonly PreferenceExample[],
): Generator<[string, Int32Array]> {
  for (const [i, { chosenIds, rejectedIds }] of examples.entries()) {
    yield [`The chosen answer of ${kind} pair ${i + 1}`, chosenIds];
    yield [`The rejected answer of ${kind} pair ${i + 1}`, rejectedIds];
  }
}
