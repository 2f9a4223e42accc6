import { AttuneError } from '@attune/gpu';
import { mix } from '@attune/kernels';
import { Network } from '@attune/model';
import { initialise, trainableOf } from '@attune/peft';
import { Graph, type Plan, type Trainable } from '@attune/plan';
import type { TunedModel, TunedModelOptions } from './tuned-model.ts';

/** The keys of a recipe about the reference model; names and defaults are TRL's. */
export interface ReferenceArguments {
  /** The reference's log-probabilities are computed once, before training, and no reference is kept. Default false. */
  readonly precomputeRefLogProbs?: boolean;
  /** Rows of a batch then. Default: `perDeviceTrainBatchSize`. */
  readonly precomputeRefBatchSize?: number | null;
  /** TR-DPO: the reference follows the policy. Default false. */
  readonly syncRefModel?: boolean;
  /** By this share of the way. Default 0.6. */
  readonly refModelMixupAlpha?: number;
  /** After every so many steps. Default 512. */
  readonly refModelSyncSteps?: number;
}

/** @throws AttuneError `bad-option` where what is computed once would have to change */
export function checkReference({ precomputeRefLogProbs, ...args }: ReferenceArguments): void {
  const { syncRefModel, refModelMixupAlpha: alpha = 0.6, refModelSyncSteps: steps = 512 } = args;
  if (!syncRefModel) return;
  if (precomputeRefLogProbs) {
    throw new AttuneError(
      'bad-option',
      'precompute_ref_log_probs needs a reference that stays, and sync_ref_model changes it.',
      'Turn one of the two off.',
    );
  }
  if (alpha >= 0 && alpha <= 1 && Number.isInteger(steps) && steps > 0) return;
  throw new AttuneError(
    'bad-option',
    `The reference would follow by ${alpha} of the way every ${steps} steps.`,
    'Give ref_model_mixup_alpha from 0 to 1 and whole ref_model_sync_steps from 1.',
  );
}

/**
 * The reference model π_ref beside the policy, with as little memory as its case allows: a new
 * adapter's is the base with the adapter off, so that there is one copy of the base; an adapter that
 * is trained further, and a model trained whole, keep a frozen copy of what trains.
 */
export class ReferenceModel {
  readonly network: Network;
  readonly #model: TunedModel;
  readonly #args: ReferenceArguments;
  readonly #copy: Trainable | undefined;
  #mixing: Plan | undefined;

  private constructor(
    model: TunedModel,
    args: ReferenceArguments,
    network: Network,
    copy?: Trainable,
  ) {
    this.#model = model;
    this.#args = args;
    this.network = network;
    this.#copy = copy;
  }

  /** The model before its first step, for as long as `args` need it. */
  static async create(
    model: TunedModel,
    { method, weights, values, config, gpu }: TunedModelOptions,
    args: ReferenceArguments,
  ): Promise<ReferenceModel> {
    const hidden = method.tensors.some(({ name }) => method.replaces(name));
    if (!values && !hidden && !args.syncRefModel) {
      return new ReferenceModel(model, args, new Network(config, {}, model.layout));
    }
    // Asked before the first step only, the policy is its own reference.
    if (args.precomputeRefLogProbs) return new ReferenceModel(model, args, model.network);
    const copy = trainableOf(method, model.layout, {
      maxBytes: gpu.traits.maxStorageBinding,
      prefix: 'reference.',
    });
    copy.allocate(model.store, ['parameters'], 'reference');
    await initialise(method, copy, model.store, weights);
    for (const [name, data] of values ?? []) copy.write(model.store, name, data);
    const tuning = method.tuning(copy, { gradient: false });
    const network = new Network(config, tuning, model.layout);
    return new ReferenceModel(model, args, network, copy);
  }

  /**
   * After every so many steps π_ref ← (1 - α) π_ref + α π, in the parameters.
   * @see Gorbatovski et al. 2024, https://arxiv.org/abs/2404.09656 (TR-DPO)
   */
  async follow(step: number): Promise<void> {
    const { syncRefModel, refModelSyncSteps = 512, refModelMixupAlpha = 0.6 } = this.#args;
    const [copy, { executor, trainable }] = [this.#copy, this.#model];
    if (!copy || !syncRefModel || step % refModelSyncSteps !== 0) return;
    if (!this.#mixing) {
      const graph = new Graph(executor.gpu.traits);
      for (const i of copy.flats.keys()) {
        const [target, policy] = [copy, trainable].map((of) => of.flat(graph, 'parameters', i));
        mix(graph, target!, policy!, refModelMixupAlpha);
      }
      this.#mixing = await executor.compile(graph);
    }
    await executor.run([[this.#mixing, {}]]);
  }

  /** The copy as it is now, by name, where it follows the policy: a checkpoint of TR-DPO holds it too. */
  async tensors(): Promise<Map<string, Float32Array>> {
    if (!this.#copy || !this.#args.syncRefModel) return new Map();
    return this.#copy.read(this.#model.store);
  }

  restore(tensors: ReadonlyMap<string, Float32Array>): void {
    for (const [name, data] of tensors) this.#copy?.write(this.#model.store, name, data);
  }

  destroy(): void {
    this.#mixing?.destroy();
  }
}
