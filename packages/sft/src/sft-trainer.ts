import { BatchLoader, type DatasetStream, type Example } from '@attune/data';
import { countTargets, type Network } from '@attune/model';
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
import { NextToken, type SFTLoss } from './next-token.ts';

/** The keys of a recipe that supervised fine-tuning reads; names and defaults are TRL's. */
export interface SFTArguments extends LoopArguments {
  readonly seed: number;
  readonly dataSeed?: number | null;
  readonly perDeviceTrainBatchSize: number;
  readonly perDeviceEvalBatchSize: number;
  readonly trainSamplingStrategy: 'random' | 'sequential';
  readonly dataloaderDropLast: boolean;
  readonly gradientCheckpointing: boolean;
  readonly lossType: SFTLoss;
}

export interface SFTTrainerOptions extends TunedModelOptions {
  readonly padTokenId: number;
  readonly train: readonly Example[] | DatasetStream;
  readonly evaluation?: readonly Example[];
  readonly arguments: SFTArguments;
}

/**
 * Supervised fine-tuning, and pretraining: the same objective on other text. Trains a model's own
 * weights or an adapter to predict the labelled tokens.
 *
 * readDataset → encode → pack → batches; each batch: forward → loss → backward → clip → step.
 * @example
 * const trainer = await SFTTrainer.create({ gpu, config, weights, method, padTokenId, train, arguments });
 * for await (const step of trainer.steps()) console.log(step.step, step.loss);
 * @see Ouyang et al. 2022, https://arxiv.org/abs/2203.02155, section 3; TRL's SFTTrainer
 */
export class SFTTrainer {
  readonly executor: Executor;
  readonly store: Store;
  readonly trainable: Trainable;
  /** The tuned model for generation: trained tensors in their places, no gradients. */
  readonly network: Network;
  readonly totalSteps: number;
  readonly #options: SFTTrainerOptions;
  readonly #model: TunedModel;
  readonly #objective: NextToken;
  readonly #loader: BatchLoader;
  #resume: ResumePoint | undefined;

  private constructor(options: SFTTrainerOptions, model: TunedModel) {
    const { arguments: args } = options;
    this.#options = options;
    this.#model = model;
    this.executor = model.executor;
    this.store = model.store;
    this.trainable = model.trainable;
    this.network = model.network;
    this.#loader = new BatchLoader(options.train, {
      batchSize: args.perDeviceTrainBatchSize,
      padTokenId: options.padTokenId,
      sampling: args.trainSamplingStrategy,
      seed: args.dataSeed ?? args.seed,
      dropLast: args.dataloaderDropLast,
    });
    this.totalSteps = countSteps(this.#loader, args);
    this.#objective = new NextToken(
      model.executor,
      { train: model.training, evaluate: model.network },
      {
        lossType: args.lossType,
        gradientCheckpointing: args.gradientCheckpointing,
        positions: model.config.maxPositionEmbeddings,
        seed: args.seed,
      },
    );
  }

  /** Makes the trained tensors and uploads the frozen ones. @throws AttuneError `nothing-to-train` */
  static async create(options: SFTTrainerOptions): Promise<SFTTrainer> {
    return new SFTTrainer(options, await TunedModel.create(options));
  }

  /**
   * What the longest batch of the first epoch will need, in bytes by purpose, before any step:
   * planned, not measured.
   */
  async account(): Promise<Map<string, number>> {
    let longest = { tokens: 1, count: 1 };
    for await (const { batch } of this.#loader.epoch(0)) {
      const tokens = flatten(batch).length;
      if (tokens > longest.tokens) longest = { tokens, count: countTargets(batch) };
      if (this.#loader.batchesPerEpoch === undefined) break;
    }
    const step = this.#objective.planned(longest.tokens, longest.count);
    return this.#model.account([step.account]);
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

  /** Mean loss and metrics on the evaluation data, as TRL reports them; nothing without such data. */
  async evaluate(): Promise<Record<string, number>> {
    const { evaluation, arguments: args, padTokenId } = this.#options;
    if (!evaluation?.length) return {};
    const loader = new BatchLoader(evaluation, {
      batchSize: args.perDeviceEvalBatchSize,
      padTokenId,
      sampling: 'sequential',
    });
    return evaluationMeans(this.executor, this.#objective, loader);
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
