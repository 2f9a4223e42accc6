import { BatchLoader, collatePairs, type PairBatch, type PreferenceExample } from '@attune/data';
import { type Network, requireScoreHead } from '@attune/model';
import type { Executor, Store, Trainable } from '@attune/plan';
import {
  countSteps,
  evaluationMeans,
  flatten,
  type LoopArguments,
  type ResumePoint,
  type StepReport,
  type TrainedTensors,
  TunedModel,
  type TunedModelOptions,
  trainingSteps,
} from '@attune/trainer';
import { checkMargins, checkTokens, scoreNotFinite } from './errors.ts';
import { PairRewards, type PairSizes } from './pair-rewards.ts';

/** The keys of a recipe that a reward model's training reads; names and defaults are TRL's. */
export interface RewardArguments extends LoopArguments {
  readonly seed: number;
  readonly dataSeed?: number | null;
  readonly perDeviceTrainBatchSize: number;
  readonly perDeviceEvalBatchSize: number;
  readonly trainSamplingStrategy: 'random' | 'sequential';
  readonly dataloaderDropLast: boolean;
  readonly gradientCheckpointing: boolean;
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
export class RewardTrainer {
  readonly executor: Executor;
  readonly store: Store;
  readonly trainable: Trainable;
  /** The tuned model for scores: trained tensors in their places, no gradients. */
  readonly network: Network;
  readonly totalSteps: number;
  readonly #options: RewardTrainerOptions;
  readonly #model: TunedModel;
  readonly #objective: PairRewards;
  readonly #loader: BatchLoader<PreferenceExample, PairBatch>;
  #resume: ResumePoint | undefined;

  private constructor(options: RewardTrainerOptions, model: TunedModel) {
    const { arguments: args, padTokenId } = options;
    this.#options = options;
    this.#model = model;
    this.executor = model.executor;
    this.store = model.store;
    this.trainable = model.trainable;
    this.network = model.network;
    this.#loader = new BatchLoader(options.train, {
      batchSize: args.perDeviceTrainBatchSize,
      padTokenId,
      sampling: args.trainSamplingStrategy,
      seed: args.dataSeed ?? args.seed,
      dropLast: args.dataloaderDropLast,
      collate: (examples) => collatePairs(examples, { padTokenId }),
    });
    this.totalSteps = countSteps(this.#loader, args);
    this.#objective = new PairRewards(
      model.executor,
      { train: model.training, evaluate: model.network },
      {
        centerRewardsCoefficient: args.centerRewardsCoefficient ?? null,
        gradientCheckpointing: args.gradientCheckpointing,
        padTokenId,
        positions: model.config.maxPositionEmbeddings,
        seed: args.seed,
      },
    );
  }

  /**
   * Makes the trained tensors and uploads the frozen ones.
   * @throws AttuneError `missing-score-head`, `margin-missing`, `vocabulary-mismatch`, `row-too-long`, `nothing-to-train`
   */
  static async create(options: RewardTrainerOptions): Promise<RewardTrainer> {
    const { config, train, evaluation = [], arguments: args } = options;
    requireScoreHead(config);
    checkMargins('training', train);
    checkMargins('evaluation', evaluation);
    checkTokens(answers('training', train), config);
    checkTokens(answers('evaluation', evaluation), config);
    const disableDropout = args.disableDropout ?? true;
    return new RewardTrainer(options, await TunedModel.create({ ...options, disableDropout }));
  }

  /**
   * What the longest batch of the first epoch will need, in bytes by purpose, before any step:
   * planned, not measured.
   */
  async account(): Promise<Map<string, number>> {
    let longest: PairSizes = { tokens: 1, pairs: 1, margins: false };
    for await (const { batch } of this.#loader.epoch(0)) {
      const { length: tokens } = flatten(batch);
      const { pairs, margins } = batch;
      if (tokens > longest.tokens) longest = { tokens, pairs, margins: margins !== undefined };
    }
    return this.#model.account([this.#objective.planned(longest).account]);
  }

  /** Goes on from a checkpoint: `tensors` of each role by name, and where the loop stood. */
  restore(tensors: TrainedTensors, at: ResumePoint): void {
    this.#model.restore(tensors);
    this.#resume = at;
  }

  /** Trains, one report a step; leaving the loop stops. */
  steps(): AsyncGenerator<StepReport> {
    return this.#model.watched(
      trainingSteps({
        executor: this.executor,
        trainable: this.trainable,
        loader: this.#loader,
        objective: this.#objective,
        arguments: this.#options.arguments,
        totalSteps: this.totalSteps,
        ...(this.#resume && { from: this.#resume }),
      }),
    );
  }

  /**
   * Mean loss and metrics on the evaluation pairs, as TRL reports them; nothing without such pairs.
   * @throws AttuneError `score-not-finite`
   */
  async evaluate(): Promise<Record<string, number>> {
    const { evaluation, arguments: args, padTokenId } = this.#options;
    if (!evaluation?.length) return {};
    const loader = new BatchLoader<PreferenceExample, PairBatch>(evaluation, {
      batchSize: args.perDeviceEvalBatchSize,
      padTokenId,
      sampling: 'sequential',
      collate: (examples) => collatePairs(examples, { padTokenId }),
    });
    const means = await evaluationMeans(this.executor, this.#objective, loader);
    if (Number.isFinite(means.eval_mean_reward)) return means;
    throw scoreNotFinite(
      `The mean of ${evaluation.length} held-out pairs`,
      means.eval_mean_reward!,
    );
  }

  /** The trained tensors as they are now, by name. */
  trained(role: keyof TrainedTensors = 'parameters'): Promise<Map<string, Float32Array>> {
    return this.#model.trained(role);
  }

  destroy(): void {
    this.#objective.destroy();
    this.#model.destroy();
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
