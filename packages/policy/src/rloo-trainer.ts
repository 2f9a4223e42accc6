import { AttuneError } from '@attune/gpu';
import { ppoClip, segmentSum, type Tensor } from '@attune/kernels';
import type { Network } from '@attune/model';
import type { Graph, InputData, Values } from '@attune/plan';
import { type LossMetrics, PlannedObjective, type Share, type TunedModel } from '@attune/trainer';
import { type LeaveOneOutOptions, leaveOneOutAdvantages } from './advantages.ts';
import {
  type CompletionSizes,
  completionInputs,
  completionLogps,
  completionSizes,
  completionValues,
  perToken,
  rowParts,
} from './completions.ts';
import type { PolicyBatch } from './micro-batches.ts';
import { checkPolicyArguments, type PolicyArguments } from './policy-arguments.ts';
import { PolicyTrainer, type PolicyTrainerOptions, policyParts } from './policy-trainer.ts';
import type { RoundRow } from './round.ts';
import type { PolicyAlgorithm } from './round-judge.ts';

/** The keys of a recipe that RLOO reads; names and defaults are TRL's. */
export interface RLOOArguments extends PolicyArguments {
  /** Advantages get mean 0 and standard deviation 1 over a round. Default false. */
  readonly normalizeAdvantages?: boolean;
  /** Rewards are held within these two, before the divergence is taken off. */
  readonly rewardClipRange?: readonly [number, number] | null;
}

/**
 * REINFORCE with a leave-one-out baseline: each completion is one action, its reward less its divergence from the
 * reference is compared with the mean of its siblings.
 *
 * sample → reward → advantages → micro-batches; each: forward (π) → loss → backward → clip → step.
 * @example
 * const trainer = await RLOOTrainer.create({ gpu, config, weights, method, padTokenId, eosTokenIds, rollouts, arguments });
 * for await (const step of trainer.steps()) console.log(step.step, step.metrics.reward);
 * @see Ahmadian et al. 2024, https://arxiv.org/abs/2402.14740; TRL's RLOOTrainer
 */
export class RLOOTrainer extends PolicyTrainer {
  /** Makes policy and reference. @throws AttuneError `bad-option`, `group-size`, `nothing-to-train` */
  static async create(options: PolicyTrainerOptions<RLOOArguments>): Promise<RLOOTrainer> {
    const { arguments: args } = options;
    checkPolicyArguments(args);
    const [least, most] = args.rewardClipRange ?? [0, 0];
    if (!(least <= most)) {
      throw new AttuneError(
        'bad-option',
        `Rewards were to be held within ${least} and ${most}.`,
        'Give the lower bound first.',
      );
    }
    const algorithm: PolicyAlgorithm = {
      needsOld: true,
      advantages: (table, rows, rewardWeights, numGenerations) =>
        advantagesOf(table, rows, args, { rewardWeights, numGenerations }),
    };
    const parts = await policyParts(options, algorithm, (model) => new RLOO(model, args));
    return new RLOOTrainer(options, parts);
  }
}

const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0);

/** The divergence from the reference is part of the reward: a completion's sum of log-ratios. */
function advantagesOf(
  table: Parameters<PolicyAlgorithm['advantages']>[0],
  rows: readonly Omit<RoundRow, 'advantage'>[],
  { beta, normalizeAdvantages = false, rewardClipRange = null }: RLOOArguments,
  group: Pick<LeaveOneOutOptions, 'rewardWeights' | 'numGenerations'>,
): ReturnType<PolicyAlgorithm['advantages']> {
  const drifts = rows.map(({ trained, oldLogps, refLogps }) =>
    trained && refLogps ? sum(oldLogps!.map((logp, i) => logp - refLogps[i]!)) : 0,
  );
  const tokens = sum(rows.map(({ trained, completion }) => (trained ? completion.length : 0)));
  const options = { ...group, rewardClipRange, normalizeAdvantages };
  return {
    ...leaveOneOutAdvantages(table, { ...options, penalties: drifts.map((d) => beta * d) }),
    ...(beta > 0 && { metrics: { kl: sum(drifts) / Math.max(1, tokens) } }),
  };
}

/** The loss over a micro-batch: the clipped one, of whole completions. */
class RLOO extends PlannedObjective<PolicyBatch, CompletionSizes> {
  readonly #args: RLOOArguments;

  constructor(model: TunedModel, args: RLOOArguments) {
    super(model, args.seed);
    this.#args = args;
  }

  sizes({ members }: PolicyBatch): CompletionSizes {
    return completionSizes(members);
  }

  trace(graph: Graph, sizes: CompletionSizes, policy: Network, gradient: boolean): Tensor {
    const { temperature = 1, gradientCheckpointing, epsilon = 0.2 } = this.#args;
    const inputs = completionInputs(graph, policy, sizes);
    const { logps, entropy } = completionLogps(graph, policy, inputs, {
      checkpoint: gradient && gradientCheckpointing,
      temperature,
    });
    graph.output('entropy', entropy);
    const weights = graph.input('members', [sizes.count]);
    const bounds = inputs.sequences;
    const sums = graph.apply(segmentSum, { x: logps, weights, bounds }, {}).y;
    graph.output('sums', sums);
    const row = (name: string) => graph.input(name, [sizes.rows]);
    const { loss } = graph.apply(
      ppoClip,
      {
        logps: sums,
        oldLogps: row('oldSums'),
        advantages: row('advantages'),
        mask: row('ones'),
        scale: graph.input('scale', [1]),
      },
      { epsilonLow: epsilon, epsilonHigh: this.#args.epsilonHigh ?? epsilon },
    );
    return loss;
  }

  values(
    { members: rows }: PolicyBatch,
    sizes: CompletionSizes,
    { microBatches }: Share,
  ): Record<string, InputData> {
    return {
      ...completionValues(rows, sizes),
      members: perToken(rows, sizes.count, (r) => (rows[r]!.trained ? 1 : 0)),
      oldSums: Float32Array.from(rows, oldSum),
      advantages: Float32Array.from(rows, ({ advantage }) => advantage),
      ones: new Float32Array(rows.length).fill(1),
      scale: Float32Array.of(1 / (rows.length * microBatches)),
    };
  }

  metrics(outputs: Values, { members: rows, told }: PolicyBatch): LossMetrics {
    const { epsilon = 0.2 } = this.#args;
    const high = this.#args.epsilonHigh ?? epsilon;
    const sums = outputs.sums as Float32Array;
    const parts = rowParts(rows, outputs.entropy as Float32Array).filter(
      (_, r) => rows[r]!.trained,
    );
    const tokens = sum(parts.map(({ length }) => length));
    const ratios = rows.map((row, r) => Math.exp(sums[r]! - Math.fround(oldSum(row))));
    const low = rows.map(({ advantage }, r) => (ratios[r]! < 1 - epsilon && advantage < 0 ? 1 : 0));
    const up = rows.map(({ advantage }, r) => (ratios[r]! > 1 + high && advantage > 0 ? 1 : 0));
    return {
      loss: outputs.loss![0]!,
      ...told,
      entropy: sum(parts.map(sum)) / Math.max(1, tokens),
      'clip_ratio/low_mean': sum(low) / rows.length,
      'clip_ratio/low_min': Math.min(...low),
      'clip_ratio/high_mean': sum(up) / rows.length,
      'clip_ratio/high_max': Math.max(...up),
      'clip_ratio/region_mean': (sum(low) + sum(up)) / rows.length,
    };
  }
}

/** The log-probability of a completion at sampling; 0 for one that does not train, whose sum now is 0 too. */
function oldSum({ trained, oldLogps }: RoundRow): number {
  return trained ? sum(oldLogps!) : 0;
}
