import type { Network } from '@attune/model';
import {
  type Loss,
  Means,
  prefixed,
  ReferenceModel,
  Trainer,
  type TrainerOptions,
  type TrainerSetup,
} from '@attune/trainer';
import { CompletionLogps } from './completion-logps.ts';
import {
  type GenerationBatch,
  type GenerationPlace,
  Generations,
  microBatch,
  type PolicyBatch,
  type TrainedCompletion,
} from './generations.ts';
import {
  type PolicySettings,
  type policyConfig,
  rewardWeights,
  stepsPerGeneration,
} from './policy.config.ts';
import type { Advantages } from './rollouts/advantages.ts';
import type { RewardModel, RewardSource } from './rollouts/find-rewards.ts';
import { lengthMetrics, rewardMetrics, truncated } from './rollouts/metrics.ts';
import { openRollouts, type Rollouts } from './rollouts/open-rollouts.ts';
import type { RecordedRow } from './rollouts/replay.ts';
import type { Rewards, RolloutSource, Sampled } from './rollouts/rollouts.ts';

/** What GRPO and RLOO are made from beside what every trainer takes. */
export interface PolicyTrainerOptions<C extends typeof policyConfig>
  extends Omit<TrainerOptions<C>, 'trainDataset'> {
  /** Rows of {prompt}, with further columns for reward functions; may be left out where rollouts are replayed. */
  readonly trainDataset?: TrainerOptions<C>['trainDataset'];
  /** Reward functions, or their names. */
  readonly rewardFuncs?: RewardSource | readonly RewardSource[] | null;
  /** A reward model: a path, a hub id, or one that is loaded; its score comes first. */
  readonly rewardModelNameOrPath?: RewardModel | null;
  /** Recorded completions that are trained on in place of sampling: rows, or the path of a JSONL file. */
  readonly rollouts?: string | readonly RecordedRow[];
  /** The micro-batches of the recording: lists of row numbers, or the path of a JSON file. */
  readonly rolloutBatches?: string | readonly (readonly number[])[];
  /** Called with the texts of each generation batch. */
  readonly onSample?: (generation: number, texts: readonly string[]) => void;
}

/** What becomes of log-probabilities: those of the policy that sampled, those of the reference model. */
export interface Logps {
  readonly old?: readonly Float32Array[];
  readonly ref?: readonly Float32Array[];
}

/** The parts that GRPO and RLOO share: the policy, its reference model, rollouts. */
export interface PolicyParts {
  readonly rollouts: Rollouts;
  readonly policy: Network;
  readonly reference: ReferenceModel | undefined;
  readonly logps: CompletionLogps<'old' | 'ref'>;
  readonly generations: Generations;
}

/** What GRPO and RLOO share as trainers: x → y → r → ln π, and the micro-batches of what was generated. */
export abstract class PolicyTrainer extends Trainer<never, PolicyBatch> {
  protected readonly args: PolicySettings;
  readonly #parts: Omit<PolicyParts, 'generations'>;
  readonly #endTokenIds: readonly number[];

  protected readonly generations: Generations;
  /** One for each reward function, the reward model first. */
  protected readonly rewardWeights: readonly number[];

  protected constructor(
    setup: TrainerSetup<typeof policyConfig>,
    {
      model,
      loss,
      rollouts,
      reference,
      needsOld,
      state,
    }: {
      readonly model: Awaited<ReturnType<TrainerSetup['tunedModel']>>;
      readonly loss: Loss<PolicyBatch>;
      readonly rollouts: Rollouts;
      readonly reference: ReferenceModel | undefined;
      /** Whether ratios are taken to the policy that sampled; else each step's own probabilities stand for it. */
      readonly needsOld: boolean;
      /** The algorithm's own state, as JSON. */
      readonly state?: { save(): unknown; restore(value: unknown): void };
    },
  ) {
    const { args } = setup;
    const generations = new Generations({
      generationsPerEpoch: rollouts.train.generationsPerEpoch,
      longest: rollouts.train.longest,
      batchSize: args.perDeviceTrainBatchSize,
      stepsPerGeneration: stepsPerGeneration(args),
      numIterations: args.numIterations,
      seed: args.dataSeed ?? args.seed,
      microBatches: (at) => this!.microBatches(at),
    });
    super(setup as unknown as TrainerSetup, {
      model,
      loss,
      source: generations,
      allowZeroGradient: true,
      ...(rollouts.totalSteps !== undefined && { totalSteps: rollouts.totalSteps }),
      state: {
        save: () => ({ generation: generations.save(), algorithm: state?.save() }),
        restore(value) {
          const saved = (value ?? {}) as { generation?: unknown; algorithm?: unknown };
          generations.restore(saved.generation);
          if (saved.algorithm !== undefined) state?.restore(saved.algorithm);
        },
      },
      ...(reference && { reference }),
    });
    this.args = args;
    this.generations = generations;
    this.rewardWeights = rewardWeights(args, rollouts.train.rewardNames.length);
    const networks = {
      ...(needsOld && { old: model.network }),
      ...(reference && { ref: reference.network }),
    };
    const logps = new CompletionLogps(this.executor, networks, args.temperature);
    this.#parts = { rollouts, policy: model.network, reference, logps };
    this.#endTokenIds = [...this.tokenizer.eosTokenIds, setup.padTokenId];
  }

  /** The algorithm: what is trained on, in order, from a place on and without end. */
  protected abstract microBatches(at: GenerationPlace): AsyncGenerator<PolicyBatch>;

  /** The algorithm's advantages of held-out completions. */
  protected abstract advantages(
    sampled: Sampled,
    rewards: Rewards,
    logps: Logps,
    numGenerations: number,
  ): AdvantagesWithMetrics;

  /** Where completions and rewards come from. */
  protected get rollouts(): RolloutSource {
    return this.#parts.rollouts.train;
  }

  /**
   * ln π of every completion token under the policy that sampled and the reference model, where they are needed: in
   * the micro-batches that are trained on, so that at the first step policy and old policy are equal to the bit.
   */
  protected async logps(
    { completions }: Sampled,
    order: readonly number[] = [...completions.keys()],
  ): Promise<Logps> {
    const inOrder = order.map((row) => completions[row]!);
    const found = await this.#parts.logps.of(inOrder, this.args.perDeviceTrainBatchSize);
    const place = new Map(order.map((row, at) => [row, at]));
    const inPlace = (parts: readonly Float32Array[] | undefined) =>
      parts && completions.map((_, row) => parts[place.get(row)!]!);
    const [old, ref] = [inPlace(found.old), inPlace(found.ref)];
    return { ...(old && { old }), ...(ref && { ref }) };
  }

  /** Which completions train: all, or those that were not cut off. */
  protected trains({ completions }: Sampled): boolean[] {
    const cut = truncated(completions, this.#endTokenIds);
    return cut.map((was) => !(this.args.maskTruncatedCompletions && was));
  }

  /** Everything that stays fixed while a generation batch is trained on, with what is logged of it. */
  protected batchOf(
    sampled: Sampled,
    order: readonly number[],
    rewards: Rewards,
    { old, ref }: Logps,
    { advantages, zeroStd, metrics }: AdvantagesWithMetrics,
  ): GenerationBatch {
    const { generation, completions } = sampled;
    const trained = this.trains(sampled);
    const cut = truncated(completions, this.#endTokenIds);
    const rows: TrainedCompletion[] = completions.map(({ prompt, completion }, i) => ({
      prompt,
      completion,
      trained: trained[i]!,
      advantage: advantages[i]!,
      ...(old && { oldLogps: old[i]! }),
      ...(ref && { refLogps: ref[i]! }),
    }));
    return {
      generation,
      completions: rows,
      order,
      metrics: {
        ...lengthMetrics(completions, cut),
        ...metrics,
        ...rewardMetrics(this.rollouts.rewardNames, rewards.table, this.rewardWeights, zeroStd),
        ...rewards.metrics,
      },
    };
  }

  /** As for every trainer, and the caches of sampling. */
  override async memoryEstimate(): Promise<Map<string, number>> {
    const estimate = await super.memoryEstimate();
    const { bytes } = this.rollouts;
    if (bytes && !estimate.has('cache')) estimate.set('cache', bytes);
    return estimate;
  }

  override get evaluates(): boolean {
    return this.#parts.rollouts.evaluation !== undefined;
  }

  /**
   * Completions of the held-out prompts, sampled from the policy as it is and rewarded: means over generation batches,
   * by TRL's names. Nothing without held-out prompts.
   */
  override async evaluate(): Promise<Record<string, number>> {
    const held = this.#parts.rollouts.evaluation;
    if (!held) return {};
    const groupSize = this.args.numGenerationsEval ?? this.args.numGenerations;
    const means = new Means();
    for (let index = 0; index < held.generationsPerEpoch; index++) {
      const sampled = await held.completions(index);
      const rewards = await held.rewards(sampled);
      const logps = await this.logps(sampled);
      const advantages = this.advantages(sampled, rewards, logps, groupSize);
      const order = [...sampled.completions.keys()];
      const generation = this.batchOf(sampled, order, rewards, logps, advantages);
      const batch = microBatch(generation, order, true);
      const share = { items: batch.rows, microBatches: 1, index: 0, training: false, last: true };
      const { plan, values } = await this.objective.prepare(batch, share);
      means.add(this.objective.metrics(await this.executor.run([[plan, values]]), batch, share));
    }
    return prefixed(means.take());
  }

  override destroy(): void {
    this.#parts.logps.destroy();
    this.#parts.rollouts.destroy();
    super.destroy();
  }
}

/** Advantages, and what an algorithm logs of a generation batch beside rewards and lengths. */
export type AdvantagesWithMetrics = Advantages & {
  readonly metrics?: Readonly<Record<string, number>>;
};

/** Policy, reference model and rollouts: what a trainer of this kind is made of. */
export async function policySetup<C extends typeof policyConfig>(
  setup: TrainerSetup<C>,
  options: PolicyTrainerOptions<C>,
) {
  const { args } = setup as unknown as TrainerSetup<typeof policyConfig>;
  const rollouts = await openRollouts(
    setup as unknown as TrainerSetup<typeof policyConfig>,
    options,
  );
  const model = await setup.tunedModel(args.disableDropout);
  const reference =
    args.beta > 0
      ? await ReferenceModel.create(model, await setup.modelOptions(args.disableDropout), args)
      : undefined;
  return { model, reference, rollouts: await rollouts.start(model) };
}
