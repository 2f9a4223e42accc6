import {
  cispo,
  entropyBonus,
  entropyRank,
  nll,
  policyMask,
  ppoClip,
  sapo,
  segmentSpread,
  type Tensor,
  tokenKl,
  vespo,
  weightedLoss,
} from '@attune/kernels';
import type { Graph } from '@attune/plan';
import {
  type Completions,
  completionInputs,
  completionLogps,
  completionWeights,
  type Feed,
  type Loss,
  predictedLogps,
  type RowInputs,
  type RowSizes,
  rowInputs,
  rowSizes,
  type Share,
} from '@attune/trainer';
import type { PolicyBatch, TrainedCompletion } from '../generations.ts';
import { trainedTokens } from '../generations.ts';
import { stepsPerGeneration } from '../policy.config.ts';
import type { EntropyControl } from './entropy-control.ts';
import type { GRPOSettings } from './grpo.config.ts';
import {
  cispoClipRatio,
  clipRatios,
  entropyWindow,
  type GrpoFigures,
  grpoMetrics,
  noFigures,
  phiMean,
} from './grpo.metrics.ts';

/** What the policy's part of a loss is made of; tensors are f32 [count], one number for each completion token. */
interface PolicyTerms {
  readonly logps: Tensor;
  readonly oldLogps: Tensor;
  /** 1 for a token of a completion that trains. */
  readonly members: Tensor;
  /** i32 [rows, 2]: each completion's tokens. */
  readonly bounds: Tensor;
  /** What ratios are of: tokens, or the means of whole completions. */
  readonly ratio: { readonly ratioLogps: Tensor; readonly oldLogps: Tensor };
  readonly shared: { readonly advantages: Tensor; readonly mask: Tensor; readonly scale: Tensor };
}

/** What each token of a completion counts, and what the sum is multiplied by: the mean that a loss takes. */
type Average = (
  batch: PolicyBatch,
  share: Share,
  args: GRPOSettings,
) => { readonly weightOf: (row: TrainedCompletion) => number; readonly scale: number };

/** One of GRPO's losses: all that is its own. */
export interface GrpoLoss {
  readonly policy: (graph: Graph, terms: PolicyTerms, args: GRPOSettings) => Tensor;
  readonly average: Average;
  /** A mean over the micro-batch, then over the micro-batches of a step. */
  readonly perMicroBatch: boolean;
  readonly figures: GrpoFigures;
}

const one = () => 1;

const perCompletion: Average = ({ rows }, { microBatches }) => ({
  weightOf: ({ completion }) => 1 / completion.length,
  scale: 1 / (rows * microBatches),
});

const perMicroBatchToken: Average = ({ completions }, { microBatches }) => ({
  weightOf: one,
  scale: 1 / (Math.max(1, trainedTokens(completions)) * microBatches),
});

const perLongestCompletion: Average = ({ rows }, { microBatches }, { maxCompletionLength }) => ({
  weightOf: one,
  scale: 1 / (rows * microBatches) / maxCompletionLength,
});

const perRow: Average = ({ rows }, { microBatches }) => ({
  weightOf: one,
  scale: 1 / (rows * microBatches),
});

/** Tokens of the generation batch, as many as fall to one step. */
const perGenerationToken: Average = ({ generationTokens }, { training, microBatches }, args) => {
  const steps = training ? microBatches / stepsPerGeneration(args) : 1;
  return { weightOf: one, scale: 1 / (Math.max(1, generationTokens) * steps) };
};

const clipped: GrpoLoss['policy'] = (graph, { ratio, shared }, { epsilon, ...args }) => {
  const inputs = { logps: ratio.ratioLogps, oldLogps: ratio.oldLogps, ...shared };
  const delta = args.delta !== null && { delta: args.delta };
  const epsilonHigh = args.epsilonHigh ?? epsilon;
  return graph.apply(ppoClip, inputs, { epsilonLow: epsilon, epsilonHigh, ...delta }).loss;
};

/** GRPO's losses by TRL's names: the policy's part, the mean it takes, and what is logged of its ratios. */
export const grpoLosses: Readonly<Record<GRPOSettings['lossType'], GrpoLoss>> = {
  grpo: { policy: clipped, average: perCompletion, perMicroBatch: true, figures: clipRatios },
  bnpo: { policy: clipped, average: perMicroBatchToken, perMicroBatch: true, figures: clipRatios },
  dr_grpo: {
    policy: clipped,
    average: perLongestCompletion,
    perMicroBatch: true,
    figures: clipRatios,
  },
  dapo: { policy: clipped, average: perGenerationToken, perMicroBatch: false, figures: clipRatios },
  luspo: { policy: clipped, average: perRow, perMicroBatch: true, figures: clipRatios },
  cispo: {
    policy: (graph, { logps, ratio, shared }, { epsilon, epsilonHigh }) =>
      graph.apply(cispo, { logps, ...ratio, ...shared }, { cap: epsilonHigh ?? epsilon }).loss,
    average: perGenerationToken,
    perMicroBatch: false,
    figures: cispoClipRatio,
  },
  sapo: {
    policy(graph, { ratio, shared }, args) {
      const inputs = { logps: ratio.ratioLogps, oldLogps: ratio.oldLogps, ...shared };
      const { sapoTemperaturePos: temperaturePos, sapoTemperatureNeg: temperatureNeg } = args;
      return graph.apply(sapo, inputs, { temperaturePos, temperatureNeg }).loss;
    },
    average: perCompletion,
    perMicroBatch: true,
    figures: noFigures,
  },
  vespo: {
    policy: (graph, { logps, oldLogps, members, bounds, shared }, args) =>
      graph.apply(vespo, { logps, oldLogps, members, bounds, ...shared }, vespoOptions(args)).loss,
    average: perGenerationToken,
    perMicroBatch: false,
    figures: phiMean,
  },
};

export const vespoOptions = (args: GRPOSettings) => ({
  kPos: args.vespoKPos,
  lambdaPos: args.vespoLambdaPos,
  kNeg: args.vespoKNeg,
  lambdaNeg: args.vespoLambdaNeg,
});

type GrpoSizes = RowSizes & { readonly old: boolean };

/**
 * The loss over a micro-batch of completions: the policy's part over the tokens it learns from, the KL divergence from
 * the reference model, the entropy bonus.
 */
export function grpoLoss(
  args: GRPOSettings,
  control: EntropyControl,
): Loss<PolicyBatch, GrpoSizes> {
  const { temperature, gradientCheckpointing, beta, topEntropyQuantile } = args;
  const loss = grpoLosses[args.lossType];
  const topEntropy = topEntropyQuantile < 1;
  /** Rank of the least entropy that is kept, among those of the tokens that train. */
  const rankOf = ({ completions }: PolicyBatch) =>
    entropyRank(topEntropyQuantile, trainedTokens(completions));

  return {
    sizes: ({ sequences, completions }) => ({
      ...rowSizes(sequences),
      old: completions.some(({ oldLogps }) => oldLogps),
    }),

    record(graph, sizes, policy, training) {
      const rows = rowInputs(graph, policy, sizes, ({ batch }) => batch.sequences);
      const checkpoint = training && gradientCheckpointing;
      const { logps, entropy } = predictedLogps(graph, policy, rows, { checkpoint, temperature });
      graph.output('logps', logps);
      graph.output('entropy', entropy);
      const completions = completionInputs(graph, rows);
      const each = (
        name: string,
        of: (row: TrainedCompletion, i: number, feed: Feed<PolicyBatch>) => number,
      ) =>
        completionWeights(
          graph,
          rows,
          completions,
          (feed, row, i) => of(feed.batch.completions[row]!, i, feed),
          name,
        );
      const trained = (row: TrainedCompletion) => (row.trained ? 1 : 0);
      const average = ({ batch, share }: Feed<PolicyBatch>) => loss.average(batch, share, args);

      const members = each('members', trained);
      const weights = each('weights', (row, _, feed) => trained(row) * average(feed).weightOf(row));
      const advantages = each('advantages', ({ advantage }) => advantage);
      const oldLogps = sizes.old ? each('oldLogps', ({ oldLogps }, i) => oldLogps![i]!) : logps;

      // Ratios of tokens, or of whole completions: the mean over their tokens.
      const sequence = args.importanceSamplingLevel === 'sequence';
      const offPolicy = args.offPolicyMaskThreshold;
      const wantsMeans = sequence || offPolicy !== null;
      const means = wantsMeans && completionMeans(graph, rows, completions, logps, members);
      const oldMeans =
        means &&
        (sizes.old ? each('oldMeans', (row) => (row.trained ? meanOf(row.oldLogps!) : 0)) : means);
      const ratio =
        means && oldMeans && sequence
          ? { ratioLogps: means, oldLogps: oldMeans }
          : { ratioLogps: logps, oldLogps };

      const order = topEntropy && {
        entropy,
        members,
        least: graph.input('least', [1], ({ batch }) => Float32Array.of(rankOf(batch))),
      };
      const drop = means &&
        oldMeans &&
        offPolicy !== null && {
          ratioLogps: means,
          oldLogps: oldMeans,
          advantages,
        };
      const mask =
        order || drop
          ? graph.apply(
              policyMask,
              { weights, ...order, ...drop },
              { ...(drop && { threshold: offPolicy! }) },
            ).y
          : weights;

      const scale = graph.input('scale', [1], (feed) => Float32Array.of(average(feed).scale));
      const shared = { advantages, mask, scale };
      const { bounds } = completions;
      const policyLoss = loss.policy(
        graph,
        { logps, oldLogps, members, bounds, ratio, shared },
        args,
      );
      graph.output('policyLoss', policyLoss);
      const losses: Record<string, Tensor> = { policy: policyLoss };
      if (beta > 0) {
        const pair = { logps, refLogps: each('refLogps', ({ refLogps }, i) => refLogps![i]!) };
        const kl = graph.apply(tokenKl, { ...pair, ...(args.useBiasCorrectionKl && ratio) }, {}).y;
        // -scale Σ weights kl, with a negative scale.
        const klScale = graph.input('klScale', [1], (feed) =>
          Float32Array.of(-beta * average(feed).scale),
        );
        losses.kl = graph.apply(nll, { logps: kl, weights, scale: klScale }, {}).loss;
        graph.output('klLoss', losses.kl);
      }
      if (control.enabled) {
        const own = order ? graph.apply(policyMask, { weights: members, ...order }, {}).y : members;
        const bonus = graph.input('bonus', [1], ({ share }) =>
          Float32Array.of(control.acting / share.microBatches),
        );
        losses.entropy = graph.apply(entropyBonus, { entropy, mask: own, scale: bonus }, {}).loss;
      }
      return Object.keys(losses).length === 1
        ? policyLoss
        : graph.apply(weightedLoss, losses, {}).loss;
    },

    metrics(outputs, { batch, share }) {
      const {
        logps,
        entropy,
        loss: total,
        policyLoss,
        klLoss,
      } = outputs as Record<string, Float32Array>;
      const metrics: Record<string, number> = {};
      if (control.enabled) {
        const own = policyLoss![0]! + (klLoss?.[0] ?? 0);
        // TRL logs the losses of micro-batches before they become shares of the step.
        metrics.policy_loss = loss.perMicroBatch ? own * share.microBatches : own;
        if (share.training) {
          const least = topEntropy ? rankOf(batch) : undefined;
          const { sum, tokens } = entropyWindow(batch, entropy!, least);
          control.add(sum, tokens, share.last);
          if (share.last) metrics.entropy_coef = control.coefficient;
        }
      }
      return {
        loss: total![0]!,
        ...batch.metrics,
        ...metrics,
        ...grpoMetrics(batch, { logps: logps!, entropy: entropy! }, args, loss.figures),
      };
    },
  };
}

const meanOf = (values: Float32Array) => values.reduce((a, b) => a + b, 0) / values.length;

/** The mean log-probability of each completion, given to each of its tokens, [count]. */
function completionMeans<F extends Feed<PolicyBatch>>(
  graph: Graph<F>,
  rows: RowInputs<F>,
  completions: Completions<F>,
  logps: Tensor,
  members: Tensor,
): Tensor {
  const weightOf = ({ batch }: F, row: number) => {
    const { trained, completion } = batch.completions[row]!;
    return trained ? 1 / completion.length : 0;
  };
  const sums = completionLogps(graph, rows, logps, completions, weightOf, 'meanWeights');
  return graph.apply(segmentSpread, { x: sums, weights: members, bounds: completions.bounds }, {})
    .y;
}
