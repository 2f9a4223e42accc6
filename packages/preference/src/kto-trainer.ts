import {
  type Batch,
  collateUnpaired,
  ignored,
  type UnpairedBatch,
  type UnpairedExample,
} from '@attune/data';
import { AttuneError } from '@attune/gpu';
import { type KtoOptions, ktoLosses, ktoMetricNames, type Tensor } from '@attune/kernels';
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
} from './answers.ts';
import type { PreferenceArguments, PreferenceTrainerOptions } from './preference-trainer.ts';
import { type ReferenceCache, referenceLogps } from './reference-logps.ts';

/** The keys of a recipe that KTO reads; names and defaults are TRL's. */
export interface KTOArguments extends PreferenceArguments, ReferenceArguments, KtoOptions {
  /** `apo_zero_unpaired` has no KL term. Default `kto`. */
  readonly lossType?: keyof typeof ktoLosses;
}

export interface KTOTrainerOptions extends PreferenceTrainerOptions<UnpairedExample, KTOArguments> {
  /** Where precomputed log-probabilities of the reference are kept from run to run. */
  readonly referenceCache?: ReferenceCache;
  /** Told of the rows judged so far, while they are computed. */
  readonly judging?: (done: number, total: number) => void;
}

/**
 * Kahneman-Tversky optimisation: answers are judged one by one, wanted or not, against z, an estimate
 * of the KL of policy π and reference π_ref from the answers of other rows of the batch.
 *
 * readDataset → encode → batches; each batch: forward (π_ref, π) → loss → backward → clip → step.
 * @example
 * const trainer = await KTOTrainer.create({ gpu, config, weights, method, padTokenId, train, arguments });
 * for await (const step of trainer.steps()) console.log(step.step, step.metrics.kl);
 * @see Ethayarajh et al. 2024, https://arxiv.org/abs/2402.01306; TRL's KTOTrainer
 */
export class KTOTrainer extends ModelTrainer<UnpairedExample, UnpairedBatch> {
  /** Makes policy and reference. @throws AttuneError `nothing-to-train`, `bad-value` */
  static async create(options: KTOTrainerOptions): Promise<KTOTrainer> {
    const { arguments: args, padTokenId, evaluation } = options;
    checkArguments(args);
    const { disableDropout = true } = args;
    const model = await TunedModel.create({ ...options, disableDropout });
    const reference = await ReferenceModel.create(model, options, args);
    const judged = async (rows: readonly UnpairedExample[]) =>
      args.precomputeRefLogProbs ? judgeAnswers(rows, model, reference, options) : rows;
    const known = {
      ...options,
      train: await judged(options.train),
      ...(evaluation && { evaluation: await judged(evaluation) }),
    };
    const objective = new KTO(model, reference, args);
    const collate = (rows: readonly UnpairedExample[]) => collateUnpaired(rows, { padTokenId });
    return new KTOTrainer(known, { model, reference, objective, collate });
  }
}

/** Plans by the sizes of the answers and of the mismatched ones. */
interface KtoSizes {
  readonly own: AnswerSizes;
  readonly kl?: AnswerSizes;
}

/** The loss over a batch of B answers, and B mismatched ones. */
class KTO extends PlannedObjective<UnpairedBatch, KtoSizes> {
  readonly #reference: ReferenceModel;
  readonly #args: KTOArguments;
  readonly #lossType: keyof typeof ktoLosses;

  constructor(model: TunedModel, reference: ReferenceModel, args: KTOArguments) {
    super(model, args.seed);
    this.#reference = reference;
    this.#args = args;
    this.#lossType = args.lossType ?? 'kto';
  }

  sizes(batch: UnpairedBatch): KtoSizes {
    const own = answerSizes(flatten(batch), batch.rows);
    if (this.#lossType !== 'kto') return { own };
    return { own, kl: answerSizes(flatten(batch.kl), batch.rows) };
  }

  trace(graph: Graph, sizes: KtoSizes, policy: Network, gradient: boolean): Tensor {
    const answers = answerInputs(graph, policy, sizes.own);
    const mismatched = sizes.kl && answerInputs(graph, policy, sizes.kl, 'kl ');
    const judged = (inputs: typeof answers, name: string) =>
      this.#args.precomputeRefLogProbs
        ? graph.input(name, [sizes.own.rows])
        : answerLogps(graph, this.#reference.network, inputs).logps;
    const refLogps = judged(answers, 'refLogps');
    // z has no gradient: the policy's own part of it is computed without.
    const kl = mismatched && {
      klLogps: answerLogps(graph, this.model.network, mismatched).logps,
      refKlLogps: judged(mismatched, 'refKlLogps'),
    };
    const { logps, tokens } = answerLogps(graph, policy, answers, {
      checkpoint: gradient && this.#args.gradientCheckpointing,
      meanLogits: true,
    });
    const labels = graph.input('labels', [sizes.own.rows]);
    const scale = graph.input('scale', [1]);
    const inputs = { logps, refLogps, labels, scale };
    const { loss, metrics } = kl
      ? graph.apply(ktoLosses.kto, { ...inputs, ...kl }, this.#args)
      : graph.apply(ktoLosses.apo_zero_unpaired, inputs, this.#args);
    graph.output('metrics', metrics);
    graph.output('entropy', tokens.entropy);
    graph.output('meanLogits', tokens.meanLogits!);
    return loss;
  }

  values(batch: UnpairedBatch, sizes: KtoSizes, share: Share): Record<string, InputData> {
    const { rows, kl, lengths, desirable, refLogps, refKlLogps } = batch;
    return {
      ...answerValues(flatten(batch), sizes.own, lengths),
      ...(sizes.kl && answerValues(flatten(kl), sizes.kl, answerLengths(kl), { prefix: 'kl ' })),
      labels: desirable,
      scale: Float32Array.of(1 / (rows * share.microBatches)),
      ...(refLogps && { refLogps }),
      ...(refKlLogps && { refKlLogps }),
    };
  }

  metrics(outputs: Values, { rows, lengths, desirable }: UnpairedBatch): LossMetrics {
    const sums = Object.fromEntries(
      ktoMetricNames.map((name, i) => [name, outputs.metrics![i]!]),
    ) as Record<(typeof ktoMetricNames)[number], number>;
    const found: LossMetrics = {
      loss: outputs.loss![0]!,
      kl: sums.kl,
      entropy: meanOver(outputs.entropy!, lengths, 0, rows) ?? 0,
    };
    // A kind that the batch has none of has no metrics.
    for (const [kind, label] of [
      ['chosen', 1],
      ['rejected', 0],
    ] as const) {
      const count = sums[`count/${kind}`];
      if (count === 0) continue;
      found[`rewards/${kind}`] = sums[`rewards/${kind}`] / count;
      found[`logps/${kind}`] = sums[`logps/${kind}`] / count;
      found[`logits/${kind}`] = meanLogitsOf(
        outputs.meanLogits!,
        lengths,
        (row) => desirable[row] === label,
      );
    }
    const { 'rewards/chosen': chosen, 'rewards/rejected': rejected } = found;
    if (chosen !== undefined && rejected !== undefined) {
      found['rewards/margins'] = chosen - rejected;
    }
    return found;
  }
}

/** The mean over the tokens of some rows' answers. */
function meanLogitsOf(
  values: ArrayLike<number>,
  lengths: ArrayLike<number>,
  has: (row: number) => boolean,
): number {
  let [sum, count] = [0, 0];
  for (let row = 0; row < lengths.length; row++) {
    if (!has(row)) continue;
    sum += (meanOver(values, lengths, row, row + 1) ?? 0) * lengths[row]!;
    count += lengths[row]!;
  }
  return sum / count;
}

/** Predicted tokens of each row. */
function answerLengths({ rows, length, labels }: Batch): Int32Array {
  return Int32Array.from({ length: rows }, (_, row) => {
    let count = 0;
    for (let t = 1; t < length; t++) if (labels[row * length + t] !== ignored) count++;
    return count;
  });
}

/** The answers with the log-probabilities of the reference, which those of some data sets bring along. */
async function judgeAnswers(
  rows: readonly UnpairedExample[],
  { executor }: TunedModel,
  { network }: ReferenceModel,
  { arguments: args, referenceCache: cache, judging }: KTOTrainerOptions,
): Promise<UnpairedExample[]> {
  const known = ({ refLogps, refKlLogps }: UnpairedExample) =>
    refLogps !== undefined && (refKlLogps !== undefined || args.lossType === 'apo_zero_unpaired');
  if (rows.every(known)) return [...rows];
  const batchSize = args.precomputeRefBatchSize ?? args.perDeviceTrainBatchSize;
  const options = {
    executor,
    network,
    batchSize,
    ...(cache && { cache }),
    ...(judging && { progress: judging }),
  };
  const own = await referenceLogps(rows, options);
  const kl = await referenceLogps(
    rows.map(({ klIds: ids, klStart: start }) => ({ ids, start })),
    options,
  );
  return rows.map((row, i) => ({ ...row, refLogps: own[i]!, refKlLogps: kl[i]! }));
}

function checkArguments(args: KTOArguments): void {
  const { lossType = 'kto', trainSamplingStrategy, perDeviceTrainBatchSize } = args;
  checkReference(args);
  if (lossType !== 'kto') return;
  if (trainSamplingStrategy !== 'sequential') {
    throw new AttuneError(
      'bad-value',
      `KTO takes its KL term from answers that were exchanged between neighbouring rows; train_sampling_strategy is ${trainSamplingStrategy}.`,
      'Set train_sampling_strategy to sequential; shuffle the file instead.',
    );
  }
  if (perDeviceTrainBatchSize > 1) return;
  throw new AttuneError(
    'kto-batch-too-small',
    'In a batch of one the KL term would be taken from the answer itself.',
    'Set per_device_train_batch_size to 2 or more, or loss_type to apo_zero_unpaired.',
  );
}
