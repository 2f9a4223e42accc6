import { BatchLoader, type DatasetStream } from '@attune/data';
import { AttuneError, formatBytes } from '@attune/gpu';
import type { Network } from '@attune/model';
import {
  type Executor,
  type PlannedGraph,
  printMemory,
  type Store,
  type Trainable,
} from '@attune/plan';
import type { TrainingSettings } from './config/training.config.ts';
import { evaluationMeans } from './evaluation.ts';
import { memoryLimit } from './find-model.ts';
import { type OutputFolder, outputFolder } from './folder.ts';
import {
  type BatchSource,
  countSteps,
  type LoopBatch,
  type Objective,
  type ResumePoint,
  type StepReport,
  trainingSteps,
} from './loop.ts';
import { type Loss, PlannedLoss } from './planned-loss.ts';
import { type PreviewRow, previewOf } from './preview.ts';
import { type RunResult, scheduled } from './run.ts';
import { RunFiles, writeResult } from './run-files.ts';
import type { TrainerSetup } from './setup.ts';
import type { SavedTensors, TrainedTensors, TunedModel } from './tuned-model.ts';

/** What an algorithm hands to the shared part: its model, its batches, and its loss over them. */
export interface TrainerParts<E, B extends LoopBatch> {
  readonly model: TunedModel;
  readonly loss: Loss<B>;
  /** Rows, and how they become batches; absent where an algorithm makes its batches itself. */
  readonly data?: {
    readonly train: readonly E[] | DatasetStream<E>;
    readonly evaluation?: readonly E[];
    readonly collate: (rows: readonly E[]) => B;
  };
  /** Where batches come from, where that is not a data set; `longest` stands for all in the memory estimate. */
  readonly source?: BatchSource<E, B> & { longest(): B };
  /** A step may have no gradient at all, and that is no fault. */
  readonly allowZeroGradient?: boolean;
  /** Steps of the run. Default: those of max_steps and num_train_epochs. */
  readonly totalSteps?: number;
  /** What a checkpoint holds besides weights, as JSON, and how a run takes it up again. */
  readonly state?: { save(): unknown; restore(value: unknown): void };
  /** A reference model that may follow the policy, where the algorithm has one. */
  readonly reference?: {
    follow(step: number): Promise<void>;
    tensors(): Promise<Map<string, Float32Array>>;
    restore(tensors: ReadonlyMap<string, Float32Array>): void;
    destroy(): void;
  };
}

/** What every trainer offers, whatever it trains. */
export type AnyTrainer = Pick<
  Trainer<unknown, LoopBatch>,
  | 'train'
  | 'evaluate'
  | 'evaluates'
  | 'saveModel'
  | 'memoryEstimate'
  | 'trained'
  | 'savedTensors'
  | 'restore'
  | 'destroy'
  | 'result'
  | 'totalSteps'
  | 'executor'
  | 'store'
  | 'trainable'
  | 'network'
  | 'tokenizer'
  | 'printMemory'
  | 'leaves'
  | 'checkpoint'
  | 'preview'
>;

/**
 * What all trainers share: batches in, steps out, and what a run leaves. The algorithm is in each trainer's own folder.
 */
export abstract class Trainer<E, B extends LoopBatch> {
  readonly executor: Executor;
  readonly store: Store;
  readonly trainable: Trainable;
  /** The tuned model for generation and scores: trained tensors in their places, no gradients. */
  readonly network: Network;
  readonly totalSteps: number;
  /** What the run came to, once `train` has ended. */
  result: RunResult | undefined;
  protected readonly setup: TrainerSetup;
  protected readonly objective: Objective<B> & {
    plannedFor(batch: B): PlannedGraph;
    destroy(): void;
  };
  readonly #args: TrainingSettings;
  readonly #parts: TrainerParts<E, B>;
  readonly #loader: BatchSource<E, B>;
  readonly #data: BatchLoader<E, B> | undefined;
  #resume: ResumePoint | undefined;
  #last: StepReport | undefined;
  #checkpoint: string | undefined;

  protected constructor(setup: TrainerSetup, parts: TrainerParts<E, B>) {
    const { model, data, source } = parts;
    const args = setup.args as unknown as TrainingSettings;
    this.setup = setup;
    this.#args = args;
    this.#parts = parts;
    this.executor = model.executor;
    this.store = model.store;
    this.trainable = model.trainable;
    this.network = model.network;
    this.objective = new PlannedLoss(model, parts.loss, args.seed);
    if (data) {
      this.#data = new BatchLoader<E, B>(data.train, {
        batchSize: args.perDeviceTrainBatchSize,
        sampling: args.trainSamplingStrategy,
        seed: args.dataSeed ?? args.seed,
        dropLast: args.dataloaderDropLast,
        collate: data.collate,
      });
    }
    this.#loader = source ?? this.#data!;
    this.totalSteps = parts.totalSteps ?? countSteps(this.#loader, args);
  }

  /** The tokenizer of the run. */
  get tokenizer() {
    return this.setup.tokenizer;
  }

  /** Held-out rows, encoded. */
  get heldOutRows(): number {
    return this.#parts.data?.evaluation?.length ?? 0;
  }

  /** Whether there are held-out rows. */
  get evaluates(): boolean {
    return this.heldOutRows > 0;
  }

  /** What the longest batch of the first epoch will need, in bytes by purpose: planned, not measured. */
  async memoryEstimate(): Promise<Map<string, number>> {
    const { model, source } = this.#parts;
    const longest = source?.longest() ?? (await this.#longest());
    return model.memoryEstimate(longest ? [this.objective.plannedFor(longest).memory] : []);
  }

  /** The same as a table for people. */
  async printMemory(): Promise<string> {
    return printMemory(await this.memoryEstimate());
  }

  /** Whether the result is the adapter's files, or a whole model's. */
  get leaves(): 'adapter' | 'model' {
    return this.setup.chosen.method.leaves;
  }

  /** Where the newest checkpoint of the run lies. */
  get checkpoint(): string | undefined {
    return this.#checkpoint;
  }

  /**
   * The first rows as the model reads them: token ids, and which of them are predicted. Nothing where an algorithm
   * makes its batches itself.
   */
  async preview(count: number): Promise<PreviewRow[]> {
    const { data } = this.#parts;
    if (!data || count < 1) return [];
    const rows: E[] = [];
    if ('open' in data.train) {
      for await (const row of data.train.open()) if (rows.push(row) === count) break;
    } else rows.push(...data.train.slice(0, count));
    return previewOf(data.collate(rows));
  }

  async #longest(): Promise<B | undefined> {
    let longest: B | undefined;
    for await (const { batch } of this.#data!.epoch(0)) {
      if (!longest || batch.tokens > longest.tokens) longest = batch;
      // A stream has no end that could be waited for.
      if (this.#data!.batchesPerEpoch === undefined) break;
    }
    return longest;
  }

  /** Goes on from a checkpoint: `tensors` of each role by name, and where the loop stood. */
  restore(tensors: SavedTensors, at: ResumePoint): void {
    this.#parts.model.restore(tensors);
    this.#parts.reference?.restore(tensors.reference ?? new Map());
    this.#parts.state?.restore(at.algorithm);
    this.#resume = at;
  }

  /**
   * Trains, one report a step; leaving the loop stops. Logs, evaluates and saves as the arguments say, where there is
   * an output; `result` has what the run came to.
   * @throws AttuneError `out-of-memory` before the first step, `loss-not-finite`, `nothing-trained`, `device-lost`,
   * `checkpoint-mismatch`
   */
  async *train(): AsyncGenerator<StepReport> {
    const { setup } = this;
    const { callbacks, signal } = setup;
    const files = await RunFiles.open(setup, this);
    const earlier = files.earlier;
    if (earlier) this.restore(earlier.tensors, earlier.resume);
    await this.#preflight();
    const log = async (row: Record<string, number>) => {
      await files.log(row);
      await callbacks.onLog?.(row);
    };
    try {
      if (this.#args.evalOnStart && this.evaluates) {
        await log({ ...(await this.evaluate()), epoch: 0, step: 0 });
      }
      this.result = yield* scheduled(
        this.#guarded(),
        this.#args,
        {
          step: async (report) => {
            this.#last = report;
            files.count(report);
            await callbacks.onStep?.(report);
          },
          log,
          ...(this.evaluates && { evaluate: () => this.evaluate() }),
          save: async (report) => {
            const path = await files.save(report);
            if (path === undefined) return;
            this.#checkpoint = path;
            await callbacks.onSave?.(path, report);
          },
          stopping: () => signal?.aborted ?? false,
        },
        { tokens: earlier?.tokens ?? 0 },
      );
      if (!this.result.stopped) await files.finish(this.#last);
    } catch (error) {
      throw await files.keepWhatIsGood(error, this.#last);
    }
  }

  #guarded(): AsyncGenerator<StepReport> {
    const { model, allowZeroGradient = false } = this.#parts;
    return model.guarded(this.#followed(), { allowZeroGradient });
  }

  async *#followed(): AsyncGenerator<StepReport> {
    const { state, reference } = this.#parts;
    const steps = trainingSteps({
      executor: this.executor,
      trainable: this.trainable,
      loader: this.#loader,
      objective: this.objective,
      args: this.#args,
      totalSteps: this.totalSteps,
      ...(this.#resume && { from: this.#resume }),
      ...(state && { algorithmState: () => state.save() }),
    });
    for await (const report of steps) {
      await reference?.follow(report.step);
      yield report;
    }
  }

  /** What the longest batch will need, against what the machine has. @throws AttuneError `out-of-memory` */
  async #preflight(): Promise<void> {
    const estimate = await this.memoryEstimate();
    const total = [...estimate.values()].reduce((a, b) => a + b, 0);
    this.setup.log(
      `Trains ${this.trainable.count} numbers in ${this.totalSteps} steps; needs ${formatBytes(total)}.`,
    );
    const limit = memoryLimit(this.executor.gpu);
    const resident = total - (estimate.get('activations') ?? 0);
    if (total <= limit.total && total - resident <= limit.left) return;
    throw new AttuneError(
      'out-of-memory',
      `The longest batch needs ${formatBytes(total)}, ${formatBytes(total - resident)} of it for activations; ${limit.name} has ${formatBytes(Math.min(limit.total, resident + limit.left))}.`,
      'Lower per_device_train_batch_size or max_length, or turn on gradient_checkpointing.',
    );
  }

  /** Mean loss and metrics on the held-out rows, by TRL's names; nothing without such rows. */
  async evaluate(): Promise<Record<string, number>> {
    const { data } = this.#parts;
    if (!data?.evaluation?.length) return {};
    const loader = new BatchLoader<E, B>(data.evaluation, {
      batchSize: this.#args.perDeviceEvalBatchSize,
      sampling: 'sequential',
      collate: data.collate,
    });
    return evaluationMeans(this.executor, this.objective, loader);
  }

  /**
   * Writes what TRL's `save_model` leaves: the adapter in PEFT's files, or the model, with the tokenizer. In pages give
   * `memoryFolder(files)` and take the files out of the map.
   * @throws AttuneError `missing-key`, `output-unwritable`
   */
  async saveModel(target?: string | OutputFolder): Promise<void> {
    const folder = target === undefined ? this.setup.output?.folder : await outputFolder(target);
    if (!folder) {
      throw new AttuneError(
        'missing-key',
        'saveModel was given no folder, and the trainer has no output_dir.',
        'Give the path of a folder, or set args.outputDir.',
      );
    }
    await writeResult(folder, this.setup, await this.trained());
  }

  /** The trained tensors as they are now, by name; or AdamW's moments. */
  trained(role: keyof TrainedTensors = 'parameters'): Promise<Map<string, Float32Array>> {
    return this.#parts.model.trained(role);
  }

  /** What a checkpoint holds: trained tensors, moments, and the reference model where it follows the policy. */
  async savedTensors(): Promise<SavedTensors> {
    const [parameters, m, v, reference] = await Promise.all([
      this.trained('parameters'),
      this.trained('m'),
      this.trained('v'),
      this.#parts.reference?.tensors(),
    ]);
    return { parameters, m, v, ...(reference && { reference }) };
  }

  destroy(): void {
    this.objective.destroy();
    this.#parts.reference?.destroy();
    this.#parts.model.destroy();
    this.setup.releaseDevice();
  }
}
