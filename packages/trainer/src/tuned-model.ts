import { AttuneError, type Gpu } from '@attune/gpu';
import {
  type ModelConfig,
  Network,
  uploadWeights,
  type WeightLayout,
  type WeightSource,
} from '@attune/model';
import { type Optimizer, updateGraph } from '@attune/optim';
import { initialise, type TuningMethod, trainableOf, tunedLayout } from '@attune/peft';
import {
  Executor,
  type PlanMemory,
  PlannedGraph,
  type Role,
  Store,
  sharedActivations,
  type Trainable,
} from '@attune/plan';
import type { StepReport } from './loop.ts';

export interface TunedModelOptions {
  readonly gpu: Gpu;
  readonly config: ModelConfig;
  readonly weights: WeightSource;
  /** What trains: `fullTuning(config)`, `loraTuning(config, …)`. */
  readonly method: TuningMethod;
  /** Values of trained tensors to start from (an adapter that was read), by name. */
  readonly values?: ReadonlyMap<string, Float32Array>;
  /** TRL's `disable_dropout`: the adapter drops nothing in training either. Default false. */
  readonly disableDropout?: boolean;
  /** Plain gradient descent keeps no moments. Default AdamW. */
  readonly optimizer?: Optimizer;
  readonly progress?: (done: number, total: number) => void;
}

/** Numbers at each end of a flat buffer that are looked at to see that training changes them. */
const sampled = 1 << 17;

/** Trained tensors and AdamW's moments, by name: what a checkpoint holds. */
export type TrainedTensors = Record<'parameters' | 'm' | 'v', ReadonlyMap<string, Float32Array>>;

/** What a checkpoint holds: the trained tensors, and the reference model where it follows the policy. */
export type SavedTensors = TrainedTensors & {
  readonly reference?: ReadonlyMap<string, Float32Array>;
};

/** What is kept of everything that trains. */
function rolesOf(optimizer: Optimizer = 'adamw'): Role[] {
  const moments: Role[] = optimizer === 'adamw' ? ['m', 'v'] : [];
  return ['parameters', 'gradients', ...moments];
}

/** A model on the device, set up to be trained: the same for every algorithm. */
export class TunedModel {
  readonly gpu: Gpu;
  readonly config: ModelConfig;
  readonly store: Store;
  readonly executor: Executor;
  readonly trainable: Trainable;
  /** How weights lie on the device. */
  readonly layout: WeightLayout;
  /** Positions of the rotary table: the model's own, and those of virtual tokens before them. */
  readonly positions: number;
  /** The tuned model whose graphs have gradients. */
  readonly training: Network;
  /** The tuned model without gradients: for evaluation, generation and scores. */
  readonly network: Network;
  readonly #optimizer: Optimizer | undefined;

  private constructor(options: TunedModelOptions, layout: WeightLayout, trainable: Trainable) {
    const { gpu, config, method, disableDropout } = options;
    this.gpu = gpu;
    this.config = config;
    this.store = new Store(gpu);
    this.executor = new Executor(this.store);
    this.trainable = trainable;
    this.layout = layout;
    this.#optimizer = options.optimizer;
    this.positions = config.maxPositionEmbeddings + (method.virtualTokens ?? 0);
    this.training = new Network(
      config,
      method.tuning(trainable, { dropout: disableDropout !== true }),
      this.layout,
    );
    this.network = new Network(config, method.tuning(trainable, { gradient: false }), this.layout);
  }

  /** Makes the trained tensors and uploads the frozen ones. @throws AttuneError `nothing-to-train` */
  static async create(options: TunedModelOptions): Promise<TunedModel> {
    const { gpu, config, weights, method, values, progress } = options;
    const maxBytes = gpu.traits.maxStorageBinding;
    const dropout = options.disableDropout !== true;
    const layout = tunedLayout(method, config, weights, { maxBytes, dropout });
    const trainable = trainableOf(method, layout, { maxBytes });
    if (trainable.count === 0) {
      throw new AttuneError(
        'nothing-to-train',
        'No tensor of the model would train.',
        'Choose target modules that the model has, or train all parameters.',
      );
    }
    const model = new TunedModel(options, layout, trainable);
    trainable.allocate(model.store, rolesOf(options.optimizer));
    await initialise(method, trainable, model.store, weights);
    for (const [name, data] of values ?? []) trainable.write(model.store, name, data);
    await uploadWeights(model.store, config, weights, {
      except: (name) => method.replaces(name),
      layout,
      positions: model.positions,
      ...(progress && { progress }),
    });
    return model;
  }

  /** Bytes by purpose of what is resident, of a step with these plans, and of the optimizer's part: planned, not measured. */
  memoryEstimate(plans: readonly PlanMemory[]): Map<string, number> {
    const update = new PlannedGraph(updateGraph(this.gpu.traits, this.trainable, this.#optimizer))
      .memory;
    const all = [...plans, update];
    return new Map([
      ...this.store.memory(),
      ['activations', sharedActivations(all)],
      [
        'inputs and call parameters',
        all.reduce((sum, { inputs, parameters }) => sum + inputs + parameters, 0),
      ],
      ['read-back', this.#readBack(all)],
    ]);
  }

  /** The trained tensors as they are now, by name. */
  async trained(role: keyof TrainedTensors = 'parameters'): Promise<Map<string, Float32Array>> {
    if (!rolesOf(this.#optimizer).includes(role)) return new Map();
    return this.trainable.read(this.store, role);
  }

  restore(tensors: TrainedTensors): void {
    const kept = rolesOf(this.#optimizer);
    for (const role of (['parameters', 'm', 'v'] as const).filter((role) => kept.includes(role))) {
      for (const [name, data] of tensors[role]) this.trainable.write(this.store, name, data, role);
    }
  }

  /**
   * The steps as they come, but a run that trains nothing stops. With `allowZeroGradient` a step without any gradient
   * is no fault: completions whose rewards are all the same teach nothing.
   * @throws AttuneError `nothing-trained` after the first step with a learning rate, or after the last
   * of a run that had none
   */
  async *guarded(
    steps: AsyncIterable<StepReport>,
    { allowZeroGradient = false } = {},
  ): AsyncGenerator<StepReport> {
    let before: number[] | undefined = await this.#sample();
    let last: StepReport | undefined;
    for await (const report of steps) {
      const idle = allowZeroGradient && report.gradNorm === 0;
      if (before && report.learningRate > 0 && !idle) {
        const after = await this.#sample();
        if (after.every((value, i) => value === before![i]))
          throw unchanged(report, allowZeroGradient);
        before = undefined;
      }
      last = report;
      yield report;
    }
    if (before && last) throw unchanged(last, allowZeroGradient);
  }

  destroy(): void {
    this.executor.destroy();
    this.store.destroy();
  }

  /** Copies that the CPU reads: the outputs of a step, and the sample. Such buffers have powers of two. */
  #readBack(plans: readonly PlanMemory[]): number {
    const outputs = plans.reduce((sum, plan) => sum + plan.outputs, 0);
    const samples = this.#windows().map(([, , count]) => 4 * count);
    return [outputs, ...samples].reduce((sum, bytes) => sum + 2 ** Math.ceil(Math.log2(bytes)), 0);
  }

  /**
   * What is looked at of each flat buffer, as [buffer, first, count]: its head and its tail. Adapters lie in front
   * of whole modules, whose rows may have no gradient (tokens that do not occur).
   */
  #windows(): [number, number, number][] {
    return this.trainable.flats.flatMap(({ size }, i): [number, number, number][] => {
      if (size <= 2 * sampled) return [[i, 0, size]];
      return [
        [i, 0, sampled],
        [i, size - sampled, sampled],
      ];
    });
  }

  async #sample(): Promise<number[]> {
    const parts = await Promise.all(
      this.#windows().map(([i, first, count]) => this.store.read(`parameters.${i}`, first, count)),
    );
    return parts.flatMap((part) => [...part]);
  }
}

function unchanged({ step, gradNorm, learningRate }: StepReport, rewarded: boolean): AttuneError {
  return new AttuneError(
    'nothing-trained',
    `Step ${step} is done, and no trained weight has changed (gradient norm ${gradNorm}, learning rate ${learningRate}).`,
    `Check that ${rewarded ? 'completions to the same prompt get different rewards' : 'the data has trained tokens'}, and that the learning rate is not zero or far too small.`,
  );
}
