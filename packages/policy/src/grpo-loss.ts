import {
  cispo,
  entropyBonus,
  nll,
  policyMask,
  ppoClip,
  sapo,
  segmentSpread,
  segmentSum,
  type Tensor,
  tokenKl,
  vespo,
  weightedLoss,
} from '@attune/kernels';
import type { Graph } from '@attune/plan';
import type { GRPOArguments } from './grpo-arguments.ts';

/** What the loss of a micro-batch is made of; tensors are f32 [count], one number a completion token. */
export interface GrpoLossInputs {
  /** ln π of each token now, and the entropy of its distribution. */
  readonly logps: Tensor;
  readonly entropy: Tensor;
  /** i32 [rows, 2]: each completion's tokens. */
  readonly sequences: Tensor;
  /** Whether ratios are taken to recorded log-probabilities; else to those of now, as constants. */
  readonly old: boolean;
}

/** Which inputs a loss needs beyond those that all have: the graph and its values agree on it here. */
export function lossNeeds(args: GRPOArguments) {
  const { importanceSamplingLevel, offPolicyMaskThreshold, topEntropyQuantile = 1 } = args;
  const sequence = importanceSamplingLevel === 'sequence';
  const drift = offPolicyMaskThreshold != null;
  return { sequence, drift, means: sequence || drift, uncertain: topEntropyQuantile < 1 };
}

/**
 * Records the loss: the policy's part over the tokens it learns from, the divergence from the reference, the entropy
 * bonus. Inputs by name: `weights` (what each token counts), `members` (1 for a trained token), `advantages`,
 * `scale`; `oldLogps`, `refLogps`, `meanWeights`, `oldMeans`, `least`, `klScale`, `bonus` where they are needed.
 */
export function grpoLoss(
  graph: Graph,
  { logps, entropy, sequences, old }: GrpoLossInputs,
  args: GRPOArguments,
  bonus: boolean,
): Tensor {
  const count = logps.shape[0]!;
  const input = (name: string) => graph.input(name, [count]);
  const one = (name: string) => graph.input(name, [1]);
  const [members, weights, advantages] = [input('members'), input('weights'), input('advantages')];
  const { sequence, drift, means: wantsMeans, uncertain } = lossNeeds(args);
  const oldLogps = old ? input('oldLogps') : logps;

  // The mean log-probability of a completion, told to each of its tokens.
  const means = wantsMeans && answerMeans(graph, logps, members, sequences);
  const oldMeans = means && (old ? input('oldMeans') : means);
  const ratio =
    means && sequence
      ? { ratioLogps: means, oldLogps: oldMeans as Tensor }
      : { ratioLogps: logps, oldLogps };

  const order = uncertain ? { entropy, members, least: one('least') } : {};
  const near = drift
    ? { ratioLogps: means as Tensor, oldLogps: oldMeans as Tensor, advantages }
    : {};
  const learnt =
    uncertain || drift
      ? graph.apply(
          policyMask,
          { weights, ...order, ...near },
          { ...(drift && { threshold: args.offPolicyMaskThreshold! }) },
        ).y
      : weights;

  const shared = { advantages, mask: learnt, scale: one('scale') };
  const policy = policyLoss(graph, { logps, oldLogps, members, sequences, ratio, shared }, args);
  graph.output('policyLoss', policy);
  const losses: Record<string, Tensor> = { policy };
  if (args.beta > 0) {
    const { useBiasCorrectionKl = true } = args;
    const pair = { logps, refLogps: input('refLogps') };
    const kl = graph.apply(tokenKl, { ...pair, ...(useBiasCorrectionKl && ratio) }, {}).y;
    // -scale Σ weights kl, with a negative scale.
    losses.kl = graph.apply(nll, { logps: kl, weights, scale: one('klScale') }, {}).loss;
    graph.output('klLoss', losses.kl);
  }
  if (bonus) {
    const mask = uncertain
      ? graph.apply(policyMask, { weights: members, ...order }, {}).y
      : members;
    losses.entropy = graph.apply(entropyBonus, { entropy, mask, scale: one('bonus') }, {}).loss;
  }
  return Object.keys(losses).length === 1 ? policy : graph.apply(weightedLoss, losses, {}).loss;
}

function answerMeans(graph: Graph, logps: Tensor, members: Tensor, sequences: Tensor): Tensor {
  const weights = graph.input('meanWeights', logps.shape);
  const sums = graph.apply(segmentSum, { x: logps, weights, bounds: sequences }, {}).y;
  return graph.apply(segmentSpread, { x: sums, weights: members, bounds: sequences }, {}).y;
}

/** The policy's part, by `lossType`. */
function policyLoss(
  graph: Graph,
  {
    logps,
    oldLogps,
    members,
    sequences,
    ratio,
    shared,
  }: {
    readonly logps: Tensor;
    readonly oldLogps: Tensor;
    readonly members: Tensor;
    readonly sequences: Tensor;
    readonly ratio: { readonly ratioLogps: Tensor; readonly oldLogps: Tensor };
    readonly shared: { readonly advantages: Tensor; readonly mask: Tensor; readonly scale: Tensor };
  },
  args: GRPOArguments,
): Tensor {
  const { lossType = 'dapo', epsilon = 0.2 } = args;
  const epsilonHigh = args.epsilonHigh ?? epsilon;
  switch (lossType) {
    case 'cispo':
      return graph.apply(cispo, { logps, ...ratio, ...shared }, { cap: epsilonHigh }).loss;
    case 'sapo': {
      const { sapoTemperaturePos: temperaturePos, sapoTemperatureNeg: temperatureNeg } = args;
      const temperatures = {
        ...(temperaturePos !== undefined && { temperaturePos }),
        ...(temperatureNeg !== undefined && { temperatureNeg }),
      };
      const inputs = { logps: ratio.ratioLogps, oldLogps: ratio.oldLogps, ...shared };
      return graph.apply(sapo, inputs, temperatures).loss;
    }
    case 'vespo': {
      const inputs = { logps, oldLogps, members, bounds: sequences, ...shared };
      return graph.apply(vespo, inputs, vespoOptions(args)).loss;
    }
    default: {
      const inputs = { logps: ratio.ratioLogps, oldLogps: ratio.oldLogps, ...shared };
      const delta = args.delta != null && { delta: args.delta };
      return graph.apply(ppoClip, inputs, { epsilonLow: epsilon, epsilonHigh, ...delta }).loss;
    }
  }
}

export function vespoOptions(args: GRPOArguments) {
  const { vespoKPos: kPos = 2, vespoLambdaPos: lambdaPos = 3 } = args;
  const { vespoKNeg: kNeg = 3, vespoLambdaNeg: lambdaNeg = 2 } = args;
  return { kPos, lambdaPos, kNeg, lambdaNeg };
}
