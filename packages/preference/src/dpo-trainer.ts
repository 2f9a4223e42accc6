import { collatePairs, type PairBatch, type PreferenceExample } from '@attune/data';
import { AttuneError } from '@attune/gpu';
import {
  type DpoLossName,
  type DpoLossOptions,
  dpoLosses,
  type PairLossInputs,
  pairLossMetricNames,
  segmentSum,
  type Tensor,
  weightedLoss,
  wpoWeights,
} from '@attune/kernels';
import type { Network } from '@attune/model';
import type { Graph, InputData, Values } from '@attune/plan';
import {
  checkReference,
  flatten,
  type LossMetrics,
  ModelTrainer,
  PlannedObjective,
  type ReferenceArguments,
  ReferenceModel,
  type Share,
  TunedModel,
} from '@attune/trainer';
import {
  type AnswerSizes,
  answerInputs,
  answerLogps,
  answerSizes,
  answerValues,
  meanOver,
  namedMeans,
} from './answers.ts';
import type { PreferenceArguments, PreferenceTrainerOptions } from './preference-trainer.ts';
import { type AnswerRow, type ReferenceCache, referenceLogps } from './reference-logps.ts';

/** The keys of a recipe that DPO reads; names and defaults are TRL's. */
export interface DPOArguments
  extends PreferenceArguments,
    ReferenceArguments,
    Pick<
      DpoLossOptions,
      'beta' | 'labelSmoothing' | 'fDivergenceType' | 'fAlphaDivergenceCoef' | 'discopopTau'
    > {
  /** One loss or several: `sigmoid` is DPO, `ipo` IPO. Default `['sigmoid']`. */
  readonly lossType?: readonly DpoLossName[];
  /** What each of several losses weighs. Default 1. */
  readonly lossWeights?: readonly number[] | null;
  /** LD-DPO: what an answer's tokens weigh beyond the length of the shorter one. Default 1. */
  readonly ldAlpha?: number | null;
  /** WPO: pairs weigh by how likely the policy is to give them. Default false. */
  readonly useWeighting?: boolean;
}

export interface DPOTrainerOptions
  extends PreferenceTrainerOptions<PreferenceExample, DPOArguments> {
  /** Where precomputed log-probabilities of the reference are kept from run to run. */
  readonly referenceCache?: ReferenceCache;
  /** Told of the rows judged so far, while they are computed. */
  readonly judging?: (done: number, total: number) => void;
}

/**
 * Direct preference optimisation and its kin: the policy π is trained to prefer the chosen answer by
 * more than the reference model π_ref does.
 *
 * readDataset → encode → batches; each batch: forward (π_ref, π) → loss → backward → clip → step.
 * @example
 * const trainer = await DPOTrainer.create({ gpu, config, weights, method, padTokenId, train, arguments });
 * for await (const step of trainer.steps()) console.log(step.step, step.metrics['rewards/margins']);
 * @see Rafailov et al. 2023, https://arxiv.org/abs/2305.18290; IPO: Azar et al. 2023,
 * https://arxiv.org/abs/2310.12036; TRL's DPOTrainer
 */
export class DPOTrainer extends ModelTrainer<PreferenceExample, PairBatch> {
  /** Makes policy and reference. @throws AttuneError `nothing-to-train`, `bad-value` */
  static async create(options: DPOTrainerOptions): Promise<DPOTrainer> {
    const { arguments: args, padTokenId, evaluation } = options;
    checkArguments(args);
    const { disableDropout = true } = args;
    const model = await TunedModel.create({ ...options, disableDropout });
    const reference = await ReferenceModel.create(model, options, args);
    const judged = async (pairs: readonly PreferenceExample[]) =>
      args.precomputeRefLogProbs ? judgePairs(pairs, model, reference, options) : pairs;
    const known = {
      ...options,
      train: await judged(options.train),
      ...(evaluation && { evaluation: await judged(evaluation) }),
    };
    const objective = new DPO(model, reference, args);
    const collate = (rows: readonly PreferenceExample[]) => collatePairs(rows, { padTokenId });
    return new DPOTrainer(known, { model, reference, objective, collate });
  }
}

/** The loss over a batch of P pairs: 2 P rows, all chosen, then all rejected, in one forward pass. */
class DPO extends PlannedObjective<PairBatch, AnswerSizes> {
  readonly #reference: ReferenceModel;
  readonly #args: DPOArguments;

  constructor(model: TunedModel, reference: ReferenceModel, args: DPOArguments) {
    super(model, args.seed);
    this.#reference = reference;
    this.#args = args;
  }

  sizes(batch: PairBatch): AnswerSizes {
    return answerSizes(flatten(batch), batch.rows);
  }

  trace(graph: Graph, sizes: AnswerSizes, policy: Network, gradient: boolean): Tensor {
    const { precomputeRefLogProbs, useWeighting = false, gradientCheckpointing } = this.#args;
    const inputs = answerInputs(graph, policy, sizes);
    const refLogps = precomputeRefLogProbs
      ? graph.input('refLogps', [sizes.rows])
      : answerLogps(graph, this.#reference.network, inputs).logps;
    const { logps, tokens } = answerLogps(graph, policy, inputs, {
      checkpoint: gradient && gradientCheckpointing,
      meanLogits: true,
      logSumSquares: useWeighting,
    });
    for (const name of ['entropy', 'correct', 'meanLogits'] as const) {
      graph.output(name, tokens[name]!);
    }
    const { answers: bounds } = inputs;
    const squares = { logps: tokens.logps, logSumSquares: tokens.logSumSquares!, bounds };
    const pairs = {
      logps,
      refLogps,
      lengths: graph.input('lengths', [sizes.rows]),
      scale: graph.input('scale', [1]),
      ...(useWeighting && { weights: graph.apply(wpoWeights, squares, {}).weights }),
    };
    const plainLogps = () => {
      const weights = graph.input('ones', [sizes.count]);
      return graph.apply(segmentSum, { x: tokens.logps, weights, bounds }, {}).y;
    };
    return this.#losses(graph, pairs, plainLogps);
  }

  /** One loss, or the weighted sum of several (MPO). */
  #losses(graph: Graph, pairs: PairLossInputs, plainLogps: () => Tensor): Tensor {
    const { lossType = ['sigmoid'], lossWeights, ldAlpha } = this.#args;
    const losses = lossType.map((name) => {
      // LD-DPO's weights are not those of the likelihood term.
      const own = name === 'sft' && ldAlpha != null ? { ...pairs, logps: plainLogps() } : pairs;
      return { name, ...graph.apply(dpoLosses[name], own, this.#args) };
    });
    const told = losses.find(({ name }) => name !== 'sft') ?? losses[0]!;
    graph.output('metrics', told.metrics);
    if (losses.length === 1 && lossWeights == null) return losses[0]!.loss;
    const each = <T>(of: (i: number) => T) =>
      Object.fromEntries(losses.map(({ name }, i) => [`${i} ${name}`, of(i)]));
    const weights = each((i) => lossWeights?.[i] ?? 1);
    return graph.apply(
      weightedLoss,
      each((i) => losses[i]!.loss),
      { weights },
    ).loss;
  }

  values(batch: PairBatch, sizes: AnswerSizes, { microBatches }: Share): Record<string, InputData> {
    const { pairs, lengths, refLogps } = batch;
    const weightOf = lengthWeights(lengths, this.#args.ldAlpha);
    return {
      ...answerValues(flatten(batch), sizes, lengths, { weightOf }),
      ones: new Float32Array(sizes.count).fill(1),
      lengths: Float32Array.from(lengths),
      scale: Float32Array.of(1 / (pairs * microBatches)),
      ...(refLogps && { refLogps }),
    };
  }

  metrics(outputs: Values, { pairs, lengths }: PairBatch): LossMetrics {
    const over = (name: string, from: number, to: number) =>
      meanOver(outputs[name]!, lengths, from, to) ?? 0;
    return {
      loss: outputs.loss![0]!,
      entropy: over('entropy', 0, 2 * pairs),
      'logits/chosen': over('meanLogits', 0, pairs),
      'logits/rejected': over('meanLogits', pairs, 2 * pairs),
      mean_token_accuracy: over('correct', 0, pairs),
      ...namedMeans(pairLossMetricNames, outputs.metrics!, pairs),
    };
  }
}

/**
 * LD-DPO: what token i of an answer weighs, alpha where the other answer of its pair has ended.
 * @see Liu et al. 2024, https://arxiv.org/abs/2409.06411
 */
function lengthWeights(lengths: ArrayLike<number>, alpha: number | null | undefined) {
  const pairs = lengths.length / 2;
  return (row: number, i: number) => {
    if (alpha == null) return 1;
    const pair = row % pairs;
    return i < Math.min(lengths[pair]!, lengths[pair + pairs]!) ? 1 : alpha;
  };
}

/** The pairs with the log-probabilities of the reference, which those of some data sets bring along. */
async function judgePairs(
  pairs: readonly PreferenceExample[],
  { executor }: TunedModel,
  { network }: ReferenceModel,
  { arguments: args, referenceCache: cache, judging }: DPOTrainerOptions,
): Promise<PreferenceExample[]> {
  if (pairs.every((pair) => pair.refChosenLogps !== undefined)) return [...pairs];
  // In the batches of training, so that at the first step policy and reference are equal to the bit.
  const size = args.precomputeRefBatchSize ?? args.perDeviceTrainBatchSize;
  const rows: AnswerRow[] = [];
  for (let from = 0; from < pairs.length; from += size) {
    const some = pairs.slice(from, from + size);
    const answers = [
      ...some.map(({ chosenIds: ids, chosenStart: start }) => ({ ids, start })),
      ...some.map(({ rejectedIds: ids, rejectedStart: start }) => ({ ids, start })),
    ];
    const lengths = answers.map(({ ids, start }) => ids.length - Math.max(1, start));
    const weightOf = lengthWeights(lengths, args.ldAlpha);
    rows.push(...answers.map((row, n) => ({ ...row, weightOf: (i: number) => weightOf(n, i) })));
  }
  const options = { executor, network, batchSize: 2 * size };
  const logps = await referenceLogps(rows, {
    ...options,
    ...(cache && { cache }),
    ...(judging && { progress: judging }),
  });
  return pairs.map((pair, i) => {
    const block = i - (i % size);
    const at = block + i;
    const chosenRows = Math.min(size, pairs.length - block);
    return { ...pair, refChosenLogps: logps[at]!, refRejectedLogps: logps[at + chosenRows]! };
  });
}

/** Losses of a difference of two scores; f-divergences change the score. */
const ofScores = [
  'sigmoid',
  'sigmoid_norm',
  'hinge',
  'ipo',
  'exo_pair',
  'robust',
  'discopop',
  'sft',
];

function checkArguments(args: DPOArguments): void {
  const { lossType = ['sigmoid'], lossWeights, ldAlpha, fDivergenceType = 'reverse_kl' } = args;
  checkReference(args);
  const wrong = (message: string, remedy: string) => new AttuneError('bad-value', message, remedy);
  const unknown = lossType.find((name) => !(name in dpoLosses));
  if (unknown !== undefined || lossType.length === 0) {
    throw wrong(
      `DPO has no loss ${unknown ?? 'at all'}.`,
      `loss_type is one or several of ${Object.keys(dpoLosses).join(', ')}.`,
    );
  }
  if (lossWeights && lossWeights.length !== lossType.length) {
    throw wrong(
      `There are ${lossType.length} losses and ${lossWeights.length} loss_weights.`,
      'Give a weight for each loss.',
    );
  }
  if (ldAlpha != null && !(ldAlpha >= 0 && ldAlpha <= 1)) {
    throw wrong(`ld_alpha is ${ldAlpha}.`, 'Give a number from 0 to 1; 1 is plain DPO.');
  }
  const unfit = lossType.find((name) => !ofScores.includes(name));
  if (fDivergenceType !== 'reverse_kl' && unfit !== undefined) {
    throw wrong(
      `The loss ${unfit} knows no f_divergence_type, and ${fDivergenceType} was asked for.`,
      `Use ${ofScores.join(', ')}, or leave f_divergence_type out.`,
    );
  }
}
