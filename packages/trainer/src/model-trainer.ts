import { type Batch, BatchLoader, type DatasetStream, type Example } from '@attune/data';
import type { Network } from '@attune/model';
import type { Executor, PlannedGraph, Store, Trainable } from '@attune/plan';
import { evaluationMeans } from './evaluation.ts';
import {
  type BatchSource,
  countSteps,
  type LoopArguments,
  type LoopBatch,
  type Objective,
  type ResumePoint,
  type StepReport,
  trainingSteps,
} from './loop.ts';
import type { SavedTensors, TrainedTensors, TunedModel } from './tuned-model.ts';

/** The keys of a recipe that every trainer reads; names and defaults are TRL's. */
export interface TrainerArguments extends LoopArguments {
  readonly seed: number;
  readonly dataSeed?: number | null;
  readonly perDeviceTrainBatchSize: number;
  readonly perDeviceEvalBatchSize: number;
  readonly trainSamplingStrategy: 'random' | 'sequential';
  readonly dataloaderDropLast: boolean;
  readonly gradientCheckpointing: boolean;
}

/** What every trainer is made of, beside its model. */
export interface ModelTrainerOptions<E> {
  readonly padTokenId: number;
  /** Rows; absent where an algorithm makes its batches itself. */
  readonly train?: readonly E[] | DatasetStream<E>;
  readonly evaluation?: readonly E[];
  readonly arguments: TrainerArguments;
}

/** What an algorithm hands to the shared part: its batches, and its loss over them. */
export interface ModelTrainerParts<E, B extends LoopBatch> {
  readonly model: TunedModel;
  readonly objective: Objective<B> & {
    /** The plan of a batch's step. */
    plannedFor(batch: B): PlannedGraph;
    destroy(): void;
  };
  readonly collate?: (rows: readonly E[]) => B;
  /** Where batches come from, where that is not a data set; `longest` stands for all in the memory account. */
  readonly source?: BatchSource<E, B> & { longest(): B };
  /** A step may have no gradient at all, and that is no fault. */
  readonly mayRest?: boolean;
  /** What a checkpoint holds besides weights, as JSON, and how a run takes it up again. */
  readonly carried?: { take(): unknown; restore(value: unknown): void };
  /** A reference model that may follow the policy, where the algorithm has one. */
  readonly reference?: {
    follow(step: number): Promise<void>;
    tensors(): Promise<Map<string, Float32Array>>;
    restore(tensors: ReadonlyMap<string, Float32Array>): void;
    destroy(): void;
  };
}

/** What all trainers share: batches in, steps out. The algorithm is in each trainer's own file. */
export abstract class ModelTrainer<E = Example, B extends LoopBatch = Batch> {
  readonly executor: Executor;
  readonly store: Store;
  readonly trainable: Trainable;
  /** The tuned model for generation and scores: trained tensors in their places, no gradients. */
  readonly network: Network;
  readonly totalSteps: number;
  readonly #options: ModelTrainerOptions<E>;
  readonly #parts: ModelTrainerParts<E, B>;
  readonly #loader: BatchSource<E, B>;
  readonly #data: BatchLoader<E, B> | undefined;
  #resume: ResumePoint | undefined;

  protected constructor(options: ModelTrainerOptions<E>, parts: ModelTrainerParts<E, B>) {
    const { arguments: args, padTokenId, train = [] } = options;
    const { model, collate, source } = parts;
    this.#options = options;
    this.#parts = parts;
    this.executor = model.executor;
    this.store = model.store;
    this.trainable = model.trainable;
    this.network = model.network;
    if (!source) {
      this.#data = new BatchLoader<E, B>(train, {
        batchSize: args.perDeviceTrainBatchSize,
        padTokenId,
        sampling: args.trainSamplingStrategy,
        seed: args.dataSeed ?? args.seed,
        dropLast: args.dataloaderDropLast,
        ...(collate && { collate }),
      });
    }
    this.#loader = source ?? this.#data!;
    this.totalSteps = countSteps(this.#loader, args);
  }

  /**
   * What the longest batch of the first epoch will need, in bytes by purpose, before any step:
   * planned, not measured.
   */
  async account(): Promise<Map<string, number>> {
    const { model, objective, source } = this.#parts;
    const longest = source?.longest() ?? (await this.#longest());
    return model.account(longest ? [objective.plannedFor(longest).account] : []);
  }

  async #longest(): Promise<B | undefined> {
    let longest: { batch: B; tokens: number } | undefined;
    for await (const { batch } of this.#data!.epoch(0)) {
      let tokens = 0;
      for (const mask of batch.attentionMask) tokens += mask;
      if (!longest || tokens > longest.tokens) longest = { batch, tokens };
      // A stream has no end that could be waited for.
      if (this.#data!.batchesPerEpoch === undefined) break;
    }
    return longest?.batch;
  }

  /** Goes on from a checkpoint: `tensors` of each role by name, and where the loop stood. */
  restore(tensors: SavedTensors, at: ResumePoint): void {
    this.#parts.model.restore(tensors);
    this.#parts.reference?.restore(tensors.reference ?? new Map());
    this.#parts.carried?.restore(at.carried);
    this.#resume = at;
  }

  /** Trains, one report a step; leaving the loop stops. */
  steps(): AsyncGenerator<StepReport> {
    const { model, mayRest = false } = this.#parts;
    return model.watched(this.#followed(), { mayRest });
  }

  async *#followed(): AsyncGenerator<StepReport> {
    const steps = trainingSteps({
      executor: this.executor,
      trainable: this.trainable,
      loader: this.#loader,
      objective: this.#parts.objective,
      arguments: this.#options.arguments,
      totalSteps: this.totalSteps,
      ...(this.#resume && { from: this.#resume }),
      ...(this.#parts.carried && { carry: () => this.#parts.carried!.take() }),
    });
    for await (const report of steps) {
      await this.#parts.reference?.follow(report.step);
      yield report;
    }
  }

  /** Mean loss and metrics on the evaluation data, as TRL reports them; nothing without such data. */
  async evaluate(): Promise<Record<string, number>> {
    const { evaluation, arguments: args, padTokenId } = this.#options;
    const { collate } = this.#parts;
    if (!evaluation?.length) return {};
    const loader = new BatchLoader<E, B>(evaluation, {
      batchSize: args.perDeviceEvalBatchSize,
      padTokenId,
      sampling: 'sequential',
      ...(collate && { collate }),
    });
    return evaluationMeans(this.executor, this.#parts.objective, loader);
  }

  /** The trained tensors as they are now, by name. */
  trained(role: keyof TrainedTensors = 'parameters'): Promise<Map<string, Float32Array>> {
    return this.#parts.model.trained(role);
  }

  /** The reference model as it is now, by name, where it follows the policy; else nothing. */
  async reference(): Promise<Map<string, Float32Array>> {
    return (await this.#parts.reference?.tensors()) ?? new Map();
  }

  destroy(): void {
    this.#parts.objective.destroy();
    this.#parts.reference?.destroy();
    this.#parts.model.destroy();
  }
}
