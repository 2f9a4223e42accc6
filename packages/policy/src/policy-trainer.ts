import type { Network } from '@attune/model';
import type { Executor, PlannedGraph } from '@attune/plan';
import {
  ModelTrainer,
  type Objective,
  ReferenceModel,
  TunedModel,
  type TunedModelOptions,
} from '@attune/trainer';
import { batchOf, MicroBatches, type PolicyBatch } from './micro-batches.ts';
import { type PolicyArguments, rewardWeights, stepsPerGeneration } from './policy-arguments.ts';
import type { RolloutSource } from './rollouts.ts';
import { type PolicyAlgorithm, RoundJudge } from './round-judge.ts';

/** The policy as it is while it trains: what a source of rollouts samples from. */
export interface SamplingPolicy {
  readonly executor: Executor;
  readonly network: Network;
}

type Rollouts = RolloutSource | ((policy: SamplingPolicy) => RolloutSource);

export interface PolicyTrainerOptions<A extends PolicyArguments>
  extends Omit<TunedModelOptions, 'disableDropout'> {
  readonly padTokenId: number;
  /** Each of these ends a completion. */
  readonly eosTokenIds: readonly number[];
  /** A recording, or what samples from the policy. */
  readonly rollouts: Rollouts;
  /** Held-out prompts: a round is a batch, and the rounds of an epoch are all of them. */
  readonly evaluation?: Rollouts;
  readonly arguments: A;
}

/** The objective of an algorithm, as all parts of a trainer see it. */
export type PolicyObjective = Objective<PolicyBatch> & {
  plannedFor(batch: PolicyBatch): PlannedGraph;
  destroy(): void;
  /** What adapts from step to step, as JSON. */
  carried?(): unknown;
  restore?(value: unknown): void;
};

/** The parts that GRPO and RLOO share: the model, its reference, and rounds of judged rollouts. */
export async function policyParts<A extends PolicyArguments>(
  options: PolicyTrainerOptions<A>,
  algorithm: PolicyAlgorithm,
  objectiveOf: (model: TunedModel) => PolicyObjective,
) {
  const { arguments: args } = options;
  const { numGenerations, perDeviceTrainBatchSize: batchSize, disableDropout = false } = args;
  const model = await TunedModel.create({ ...options, disableDropout });
  const reference = args.beta > 0 ? await ReferenceModel.create(model, options, args) : undefined;
  const { executor, network } = model;
  const made = (from: Rollouts) =>
    typeof from === 'function' ? from({ executor, network }) : from;
  const rollouts = made(options.rollouts);
  const judge = new RoundJudge({
    executor,
    algorithm,
    policy: network,
    reference: reference?.network,
    temperature: args.temperature ?? 1,
    batchSize,
    endTokenIds: [...options.eosTokenIds, options.padTokenId],
    maskTruncated: args.maskTruncatedCompletions === true,
    rewardNames: rollouts.rewardNames,
    rewardWeights: rewardWeights(args, rollouts.rewardNames.length),
  });
  const rounds = new MicroBatches({
    rollouts,
    batchSize,
    stepsPerGeneration: stepsPerGeneration(args),
    numIterations: args.numIterations ?? 1,
    seed: args.dataSeed ?? args.seed,
    judge: (sampled) => judge.judge(sampled, numGenerations),
  });
  const objective = objectiveOf(model);
  return {
    model,
    objective,
    source: rounds,
    mayRest: true,
    carried: {
      take: () => ({ round: rounds.carried(), objective: objective.carried?.() }),
      restore(value: unknown) {
        const { round, objective: state } = (value ?? {}) as Record<string, unknown>;
        rounds.restore(round);
        if (state !== undefined) objective.restore?.(state);
      },
    },
    ...(reference && { reference }),
    judge,
    rollouts,
    held: options.evaluation && made(options.evaluation),
  };
}

/** What GRPO and RLOO share as trainers. */
export abstract class PolicyTrainer extends ModelTrainer<never, PolicyBatch> {
  readonly #args: PolicyArguments;
  readonly #parts: Awaited<ReturnType<typeof policyParts>>;

  protected constructor(
    options: PolicyTrainerOptions<PolicyArguments>,
    parts: Awaited<ReturnType<typeof policyParts>>,
  ) {
    const { arguments: args, padTokenId } = options;
    super({ padTokenId, arguments: args }, parts);
    this.#args = args;
    this.#parts = parts;
  }

  /** As for every trainer, and the caches of sampling. */
  override async account(): Promise<Map<string, number>> {
    const account = await super.account();
    const { bytes } = this.#parts.rollouts;
    if (bytes && !account.has('cache')) account.set('cache', bytes);
    return account;
  }

  /**
   * Completions to the held-out prompts, sampled from the policy as it is and rewarded: means over batches, by TRL's
   * names. Nothing without held-out prompts.
   */
  override async evaluate(): Promise<Record<string, number>> {
    const { held, judge, objective } = this.#parts;
    if (!held) return {};
    const groupSize = this.#args.numGenerationsEval ?? this.#args.numGenerations;
    const seen = new Map<string, number[]>();
    for (let index = 0; index < held.roundsPerEpoch; index++) {
      const judged = await judge.judge(await held.round(index), groupSize);
      const order = [...judged.rows.keys()];
      const batch = batchOf({ ...judged, index, order }, order, true);
      const share = { items: batch.rows, microBatches: 1, index: 0 };
      const { plan, values } = await objective.prepare(batch, share, false);
      const found = objective.metrics(await this.executor.run([[plan, values]]), batch);
      for (const [name, value] of Object.entries(found)) {
        seen.set(`eval_${name}`, [...(seen.get(`eval_${name}`) ?? []), value]);
      }
    }
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    return Object.fromEntries([...seen].map(([name, values]) => [name, mean(values)]));
  }

  override destroy(): void {
    this.#parts.judge.destroy();
    this.#parts.rollouts.destroy?.();
    this.#parts.held?.destroy?.();
    super.destroy();
  }
}
