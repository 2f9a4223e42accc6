import { BatchLoader, type DatasetStream, type Example } from '@attune/data';
import { AttuneError, type Gpu } from '@attune/gpu';
import {
  countTargets,
  type ModelConfig,
  Network,
  uploadWeights,
  type WeightSource,
} from '@attune/model';
import { updateGraph } from '@attune/optim';
import { initialise, type TuningMethod } from '@attune/peft';
import { Executor, PlannedGraph, Store, Trainable } from '@attune/plan';
import {
  countSteps,
  flatten,
  type LoopArguments,
  type ResumePoint,
  type StepReport,
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

export interface SFTTrainerOptions {
  readonly gpu: Gpu;
  readonly config: ModelConfig;
  readonly weights: WeightSource;
  /** What trains: `fullTuning(config)`, `loraTuning(config, …)`. */
  readonly method: TuningMethod;
  /** Values of trained tensors to start from (an adapter that was read), by name. */
  readonly values?: ReadonlyMap<string, Float32Array>;
  readonly padTokenId: number;
  readonly train: readonly Example[] | DatasetStream;
  readonly evaluation?: readonly Example[];
  readonly arguments: SFTArguments;
  readonly progress?: (done: number, total: number) => void;
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
  readonly #objective: NextToken;
  readonly #loader: BatchLoader;
  #resume: ResumePoint | undefined;

  private constructor(options: SFTTrainerOptions, store: Store, trainable: Trainable) {
    const { config, method, arguments: args } = options;
    this.#options = options;
    this.store = store;
    this.trainable = trainable;
    this.executor = new Executor(store);
    this.network = new Network(config, method.tuning(trainable, { gradient: false }));
    this.#loader = new BatchLoader(options.train, {
      batchSize: args.perDeviceTrainBatchSize,
      padTokenId: options.padTokenId,
      sampling: args.trainSamplingStrategy,
      seed: args.dataSeed ?? args.seed,
      dropLast: args.dataloaderDropLast,
    });
    this.totalSteps = countSteps(this.#loader, args);
    this.#objective = new NextToken(
      this.executor,
      { train: new Network(config, method.tuning(trainable)), evaluate: this.network },
      {
        lossType: args.lossType,
        gradientCheckpointing: args.gradientCheckpointing,
        positions: config.maxPositionEmbeddings,
        seed: args.seed,
      },
    );
  }

  /** Makes the trained tensors and uploads the frozen ones. @throws AttuneError `nothing-to-train` */
  static async create(options: SFTTrainerOptions): Promise<SFTTrainer> {
    const { gpu, config, weights, method, values } = options;
    const store = new Store(gpu);
    const trainable = new Trainable(method.tensors, gpu.traits.maxStorageBinding);
    if (trainable.count === 0) {
      throw new AttuneError(
        'nothing-to-train',
        'No tensor of the model would train.',
        'Choose target modules that the model has, or train all parameters.',
      );
    }
    const trainer = new SFTTrainer(options, store, trainable);
    trainable.allocate(store);
    await initialise(method, trainable, store, weights);
    for (const [name, data] of values ?? []) trainable.write(store, name, data);
    await uploadWeights(store, config, weights, {
      except: (name) => method.replaces(name),
      ...(options.progress && { progress: options.progress }),
    });
    return trainer;
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
    const step = this.#objective.planned(longest.tokens, longest.count).account;
    const update = new PlannedGraph(updateGraph(this.executor.gpu.traits, this.trainable)).account;
    return new Map([
      ...this.store.account(),
      ['activations', step.activations],
      [
        'inputs and call parameters',
        step.inputs + step.parameters + update.inputs + update.parameters,
      ],
    ]);
  }

  /** Goes on from a checkpoint: `tensors` of each role by name, and where the loop stood. */
  restore(
    tensors: Record<'parameters' | 'm' | 'v', ReadonlyMap<string, Float32Array>>,
    at: ResumePoint,
  ): void {
    for (const role of ['parameters', 'm', 'v'] as const) {
      for (const [name, data] of tensors[role]) this.trainable.write(this.store, name, data, role);
    }
    this.#resume = at;
  }

  /** Trains, one report a step; leaving the loop stops. */
  async *steps(): AsyncGenerator<StepReport> {
    const loop = trainingSteps({
      executor: this.executor,
      trainable: this.trainable,
      loader: this.#loader,
      objective: this.#objective,
      arguments: this.#options.arguments,
      totalSteps: this.totalSteps,
      ...(this.#resume && { from: this.#resume }),
    });
    let checked = false;
    let before = await this.#sample();
    for await (const report of loop) {
      if (!checked && report.learningRate > 0) {
        const after = await this.#sample();
        if (after.every((value, i) => value === before[i])) throw this.#unchanged(report);
        checked = true;
        before = after;
      }
      yield report;
    }
  }

  /** Mean loss and metrics on the evaluation data, as TRL reports them. */
  async evaluate(): Promise<
    Record<'eval_loss' | 'eval_entropy' | 'eval_mean_token_accuracy', number>
  > {
    const { evaluation, arguments: args, padTokenId } = this.#options;
    const sums = { loss: 0, entropy: 0, mean_token_accuracy: 0 };
    let rows = 0;
    if (evaluation?.length) {
      const loader = new BatchLoader(evaluation, {
        batchSize: args.perDeviceEvalBatchSize,
        padTokenId,
        sampling: 'sequential',
      });
      for await (const { batch } of loader.epoch(0)) {
        const share = { items: countTargets(batch), microBatches: 1, index: 0 };
        const { plan, values } = await this.#objective.prepare(batch, share, false);
        const metrics = this.#objective.metrics(await this.executor.run([[plan, values]]), batch);
        for (const key of Object.keys(sums) as (keyof typeof sums)[]) {
          sums[key] += metrics[key] * batch.rows;
        }
        rows += batch.rows;
      }
    }
    const mean = (key: keyof typeof sums) => (rows ? sums[key] / rows : Number.NaN);
    return {
      eval_loss: mean('loss'),
      eval_entropy: mean('entropy'),
      eval_mean_token_accuracy: mean('mean_token_accuracy'),
    };
  }

  /** The trained tensors as they are now, by name. */
  trained(role: 'parameters' | 'm' | 'v' = 'parameters'): Promise<Map<string, Float32Array>> {
    return this.trainable.read(this.store, role);
  }

  destroy(): void {
    this.#objective.destroy();
    this.executor.destroy();
    this.store.destroy();
  }

  /** Some of the trained numbers of every flat buffer. */
  async #sample(): Promise<number[]> {
    const parts = await Promise.all(
      this.trainable.flats.map(async ({ size }, i) => {
        const count = Math.min(size, 1 << 18);
        // B of LoRA moves first and lies anywhere: small runs are read whole, large ones at their end.
        return this.store.read(`parameters.${i}`, size - count, count);
      }),
    );
    return parts.flatMap((part) => [...part]);
  }

  #unchanged({ gradNorm, learningRate }: StepReport): AttuneError {
    return new AttuneError(
      'nothing-trained',
      `The first step changed no trained weight (gradient norm ${gradNorm}, learning rate ${learningRate}).`,
      'Check that the data has trained tokens, and that the learning rate is not zero or far too small.',
    );
  }
}
