import { entropyRank, type Tensor } from '@attune/kernels';
import type { Network } from '@attune/model';
import type { Graph, InputData, Values } from '@attune/plan';
import {
  type LossMetrics,
  type MicroBatch,
  PlannedObjective,
  type Share,
  type TunedModel,
} from '@attune/trainer';
import { groupRelativeAdvantages } from './advantages.ts';
import {
  type CompletionSizes,
  completionInputs,
  completionLogps,
  completionSizes,
  completionValues,
  perToken,
} from './completions.ts';
import { EntropyControl } from './entropy-control.ts';
import { checkGrpoArguments, type GRPOArguments } from './grpo-arguments.ts';
import { grpoLoss, lossNeeds } from './grpo-loss.ts';
import { entropyWindow, grpoMetrics } from './grpo-metrics.ts';
import type { PolicyBatch } from './micro-batches.ts';
import { stepsPerGeneration } from './policy-arguments.ts';
import { PolicyTrainer, type PolicyTrainerOptions, policyParts } from './policy-trainer.ts';
import type { RoundRow } from './round.ts';

/**
 * Group-relative policy optimisation: several completions to each prompt are rewarded, and each is made likelier by
 * how much better than its siblings it is. No value model is needed.
 *
 * sample → reward → advantages → micro-batches; each: forward (π) → loss → backward → clip → step.
 * @example
 * const trainer = await GRPOTrainer.create({ gpu, config, weights, method, padTokenId, eosTokenIds, rollouts, arguments });
 * for await (const step of trainer.steps()) console.log(step.step, step.metrics.reward);
 * @see Shao et al. 2024, https://arxiv.org/abs/2402.03300; DAPO: Yu et al. 2025, https://arxiv.org/abs/2503.14476;
 * GSPO: Zheng et al. 2025, https://arxiv.org/abs/2507.18071; TRL's GRPOTrainer
 */
export class GRPOTrainer extends PolicyTrainer {
  /** Makes policy and reference. @throws AttuneError `bad-option`, `group-size`, `nothing-to-train` */
  static async create(options: PolicyTrainerOptions<GRPOArguments>): Promise<GRPOTrainer> {
    const { arguments: args } = options;
    checkGrpoArguments(args);
    const { gradientAccumulationSteps: accumulation, numIterations = 1 } = args;
    const { scaleRewards = 'group', multiObjectiveAggregation = 'sum_then_normalize' } = args;
    const parts = await policyParts(
      options,
      {
        // Where every round is trained on in a single step, that step's policy is the one that sampled.
        needsOld: accumulation % (stepsPerGeneration(args) * numIterations) !== 0,
        advantages: (table, _, rewardWeights, numGenerations) =>
          groupRelativeAdvantages(table, {
            numGenerations,
            rewardWeights,
            scaleRewards,
            multiObjectiveAggregation,
          }),
      },
      (model) => new GRPO(model, args),
    );
    return new GRPOTrainer(options, parts);
  }
}

type GrpoSizes = CompletionSizes & { readonly old: boolean };

/** Losses that are a mean over the micro-batch, then over the micro-batches of a step. */
const perMicroBatch = ['grpo', 'bnpo', 'dr_grpo', 'sapo', 'luspo'];

/** The loss over a micro-batch of completions. */
class GRPO extends PlannedObjective<PolicyBatch, GrpoSizes> {
  readonly #args: GRPOArguments;
  readonly #control: EntropyControl;
  /** The micro-batch under way: whether it trains, how many its step has, and how many of them were seen. */
  #at = { training: true, microBatches: 1, seen: 0 };

  constructor(model: TunedModel, args: GRPOArguments) {
    super(model, args.seed);
    this.#args = args;
    this.#control = new EntropyControl(args);
  }

  sizes({ members }: PolicyBatch): GrpoSizes {
    return { ...completionSizes(members), old: members.some(({ oldLogps }) => oldLogps) };
  }

  trace(graph: Graph, sizes: GrpoSizes, policy: Network, gradient: boolean): Tensor {
    const { temperature = 1, gradientCheckpointing } = this.#args;
    const inputs = completionInputs(graph, policy, sizes);
    const { logps, entropy } = completionLogps(graph, policy, inputs, {
      checkpoint: gradient && gradientCheckpointing,
      temperature,
    });
    graph.output('logps', logps);
    graph.output('entropy', entropy);
    const parts = { logps, entropy, sequences: inputs.sequences, old: sizes.old };
    return grpoLoss(graph, parts, this.#args, this.#control.enabled);
  }

  override prepare(batch: PolicyBatch, share: Share, gradient = true): Promise<MicroBatch> {
    const { seen } = this.#at;
    const { microBatches } = share;
    this.#at = { training: gradient, microBatches, seen: gradient ? seen + 1 : seen };
    return super.prepare(batch, share, gradient);
  }

  values(batch: PolicyBatch, sizes: GrpoSizes, share: Share): Record<string, InputData> {
    const { members: rows } = batch;
    const { count, old } = sizes;
    const { beta } = this.#args;
    const { means, uncertain } = lossNeeds(this.#args);
    const each = (of: (row: RoundRow, i: number) => number) =>
      perToken(rows, count, (r, i) => of(rows[r]!, i));
    const trained = (row: RoundRow) => (row.trained ? 1 : 0);
    const { weightOf, scale } = this.#average(batch, share);
    return {
      ...completionValues(rows, sizes),
      members: each(trained),
      weights: each((row) => trained(row) * weightOf(row)),
      advantages: each(({ advantage }) => advantage),
      scale: Float32Array.of(scale),
      ...(old && { oldLogps: each(({ oldLogps }, i) => oldLogps![i]!) }),
      ...(means && { meanWeights: each((row) => trained(row) / row.completion.length) }),
      ...(means && old && { oldMeans: this.#oldMeans(rows, count) }),
      ...(uncertain && { least: Float32Array.of(this.#least(rows)) }),
      ...(beta > 0 && {
        refLogps: each(({ refLogps }, i) => refLogps![i]!),
        klScale: Float32Array.of(-beta * scale),
      }),
      ...(this.#control.enabled && {
        bonus: Float32Array.of(this.#control.acting / share.microBatches),
      }),
    };
  }

  /** What each token of a completion counts, and what the sum is multiplied by: the mean that `lossType` takes. */
  #average({ members: rows, round }: PolicyBatch, { microBatches }: Share) {
    const { lossType = 'dapo', maxCompletionLength } = this.#args;
    const one = () => 1;
    const perRow = 1 / (rows.length * microBatches);
    const tokens = rows.reduce((n, row) => n + (row.trained ? row.completion.length : 0), 0);
    switch (lossType) {
      case 'grpo':
      case 'sapo':
        return { weightOf: (row: RoundRow) => 1 / row.completion.length, scale: perRow };
      case 'bnpo':
        return { weightOf: one, scale: 1 / (Math.max(1, tokens) * microBatches) };
      case 'dr_grpo':
        return { weightOf: one, scale: perRow / maxCompletionLength };
      case 'luspo':
        return { weightOf: one, scale: perRow };
      default: {
        // Tokens of the round, as many as fall to one step.
        const steps = this.#at.training ? microBatches / stepsPerGeneration(this.#args) : 1;
        return { weightOf: one, scale: 1 / (Math.max(1, round.items) * steps) };
      }
    }
  }

  #oldMeans(rows: readonly RoundRow[], count: number): Float32Array {
    const means = rows.map(({ oldLogps, trained }) =>
      trained ? oldLogps!.reduce((a, b) => a + b, 0) / oldLogps!.length : 0,
    );
    return perToken(rows, count, (row) => means[row]!);
  }

  #least(rows: readonly RoundRow[]): number {
    const tokens = rows.reduce((n, row) => n + (row.trained ? row.completion.length : 0), 0);
    return entropyRank(this.#args.topEntropyQuantile ?? 1, tokens);
  }

  metrics(outputs: Values, { members: rows, told }: PolicyBatch): LossMetrics {
    const { logps, entropy, loss, policyLoss, klLoss } = outputs as Record<string, Float32Array>;
    return {
      loss: loss![0]!,
      ...told,
      ...this.#bonusMetrics(rows, entropy!, policyLoss![0]! + (klLoss?.[0] ?? 0)),
      ...grpoMetrics(rows, { logps: logps!, entropy: entropy! }, this.#args),
    };
  }

  #bonusMetrics(
    rows: readonly RoundRow[],
    entropy: Float32Array,
    policyLoss: number,
  ): Record<string, number> {
    const { training, microBatches, seen } = this.#at;
    const last = training && seen === microBatches;
    if (last) this.#at = { ...this.#at, seen: 0 };
    if (!this.#control.enabled) return {};
    const { lossType = 'dapo' } = this.#args;
    // TRL tells the losses of micro-batches before they become shares of the step.
    const policy_loss = perMicroBatch.includes(lossType) ? policyLoss * microBatches : policyLoss;
    if (training) {
      const least = lossNeeds(this.#args).uncertain ? this.#least(rows) : undefined;
      const { sum, tokens } = entropyWindow(rows, entropy, least);
      this.#control.add(sum, tokens, last);
    }
    return { policy_loss, ...(last && { entropy_coef: this.#control.coefficient }) };
  }

  carried(): unknown {
    return this.#control.state();
  }

  restore(state: unknown): void {
    this.#control.restore(state);
  }
}
