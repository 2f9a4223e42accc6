import { mix } from '@attune/kernels';
import { Network } from '@attune/model';
import { initialise, trainableOf } from '@attune/peft';
import { Graph, type Plan, type Trainable } from '@attune/plan';
import type { ReferenceSettings } from './config/reference.config.ts';
import type { TunedModel, TunedModelOptions } from './tuned-model.ts';

/**
 * The reference model π_ref beside the policy, with as little memory as its case allows: a new
 * adapter's is the base with the adapter off, so that there is one copy of the base; an adapter that
 * is trained further, and a model trained whole, keep a frozen copy of what trains.
 */
export class ReferenceModel {
  readonly network: Network;
  readonly #model: TunedModel;
  readonly #args: ReferenceSettings;
  readonly #copy: Trainable | undefined;
  #mixing: Plan | undefined;

  private constructor(
    model: TunedModel,
    args: ReferenceSettings,
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
    args: ReferenceSettings,
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
