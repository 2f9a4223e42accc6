import { camelCase } from '@attune/config';
import type { BatchLoader, LoadedBatch, LoaderState } from '@attune/data';
import { AttuneError } from '@attune/gpu';
import {
  type LrSchedulerKwargs,
  learningRateAt,
  type Optimizer,
  type ScheduleOptions,
  updateGraph,
  updateValues,
} from '@attune/optim';
import type { Executor, InputData, Plan, Trainable, Values } from '@attune/plan';
import type { TrainingSettings } from './config/training.config.ts';
import { Means } from './means.ts';

/** The arguments that the loop itself reads. */
export type LoopSettings = Pick<
  TrainingSettings,
  | 'maxSteps'
  | 'numTrainEpochs'
  | 'gradientAccumulationSteps'
  | 'maxGradNorm'
  | 'weightDecay'
  | 'adamBeta1'
  | 'adamBeta2'
  | 'adamEpsilon'
  | 'learningRate'
  | 'lrSchedulerType'
  | 'lrSchedulerKwargs'
  | 'warmupSteps'
  | 'optim'
>;

/** One micro-batch made ready: its compiled plan and the values of its inputs. */
export interface MicroBatch {
  readonly plan: Plan;
  readonly values: Readonly<Record<string, InputData>>;
}

/** What divides the loss of a micro-batch. */
export interface Share {
  /** `Objective.count` summed over all micro-batches of the step. */
  readonly items: number;
  readonly microBatches: number;
  /** Counts micro-batches over the whole run: the seed of dropout. */
  readonly index: number;
  /** False in evaluation: no gradient, no dropout. */
  readonly training: boolean;
  /** The last micro-batch of its step. */
  readonly last: boolean;
}

/** What the loop itself reads of a batch, whatever else an algorithm's batches hold. */
export interface LoopBatch {
  readonly rows: number;
  /** Counted for `num_tokens`; 0 where a batch comes back to tokens that were counted before. */
  readonly tokens: number;
}

/** Where batches come from, one after the other: a `BatchLoader`, or a policy that samples them. */
export type BatchSource<E, B> = Pick<BatchLoader<E, B>, 'batches' | 'batchesPerEpoch'>;

/** What one algorithm brings to the loop; its plans end with the gradient of their loss. */
export interface Objective<B extends LoopBatch> {
  /** Trained tokens (or rows) of a batch. */
  count(batch: B, training?: boolean): number;
  prepare(batch: B, share: Share): Promise<MicroBatch>;
  /**
   * `loss` is this micro-batch's share of the step's loss; the rest is averaged over the micro-batches
   * that have it.
   */
  metrics(outputs: Values, batch: B, share: Share): { loss: number } & Record<string, number>;
}

/** One optimizer step, done. */
export interface StepReport {
  /** From 1. */
  readonly step: number;
  readonly totalSteps: number;
  readonly epoch: number;
  readonly loss: number;
  /** Before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly tokens: number;
  readonly seconds: number;
  readonly submits: number;
  /** Where to go on after this step: for a checkpoint. */
  readonly resume: ResumePoint;
}

/** Where a run stood: after `step` steps, with the loader and the count of micro-batches. */
export interface ResumePoint {
  readonly step: number;
  readonly next: LoaderState;
  readonly microBatches: number;
  /** What an algorithm needs besides to go on, as JSON: samples that are in use, a coefficient that adapts. */
  readonly algorithm?: unknown;
}

export interface LoopOptions<E, B extends LoopBatch> {
  readonly executor: Executor;
  readonly trainable: Trainable;
  readonly loader: BatchSource<E, B>;
  readonly objective: Objective<B>;
  readonly args: LoopSettings;
  readonly totalSteps: number;
  /** The state after `step` steps, when a run goes on from a checkpoint. */
  readonly from?: ResumePoint;
  /** The algorithm's own state, asked for after each step. */
  readonly algorithmState?: () => unknown;
}

/** Steps of a whole run, as transformers counts them: short groups at an epoch's end are steps too. */
export function countSteps(
  loader: { readonly batchesPerEpoch: number | undefined },
  { maxSteps, numTrainEpochs, gradientAccumulationSteps }: LoopSettings,
): number {
  if (maxSteps > 0) return maxSteps;
  if (loader.batchesPerEpoch === undefined) {
    throw new AttuneError(
      'missing-key',
      'A streamed data set has no known length, and max_steps is not set.',
      'Set max_steps.',
    );
  }
  return Math.ceil(numTrainEpochs * Math.ceil(loader.batchesPerEpoch / gradientAccumulationSteps));
}

/**
 * The loop that all trainers share: groups of micro-batches in, one report a step out.
 *
 * Each micro-batch adds its gradients to the step's; the last one of a group is submitted together
 * with the optimizer. The caller logs, evaluates and saves between steps, and stops by leaving the loop.
 * @throws AttuneError `loss-not-finite`: parameters and moments are still those of the step before
 */
export async function* trainingSteps<E, B extends LoopBatch>(
  options: LoopOptions<E, B>,
): AsyncGenerator<StepReport> {
  const { executor, trainable, loader, objective, args, totalSteps } = options;
  const update = await executor.compile(
    updateGraph(executor.gpu.traits, trainable, optimizerOf(args)),
  );
  const gradients = trainable.residents('gradients');
  let step = options.from?.step ?? 0;
  let index = options.from?.microBatches ?? 0;
  const groups = microBatchGroups(loader, args.gradientAccumulationSteps, options.from?.next);
  for await (const group of groups) {
    if (step >= totalSteps) break;
    const started = performance.now();
    const learningRate = learningRateAt(step, scheduleOf(args, totalSteps));
    const items = group.reduce((sum, { batch }) => sum + objective.count(batch), 0);
    const metrics = new Means();
    let loss = 0;
    let tokens = 0;
    let submits = 0;
    let clip = new Float32Array(4) as Values[string];
    for (const [i, { batch }] of group.entries()) {
      const last = i === group.length - 1;
      const share = { items, microBatches: group.length, index: index++, training: true, last };
      const micro = await objective.prepare(batch, share);
      const step1 = { lr: learningRate, step: step + 1, ...adam(args) };
      const outputs = await executor.run(
        [
          [micro.plan, micro.values],
          ...(last ? [[update, updateValues(step1, args.maxGradNorm)] as const] : []),
        ],
        { clear: i === 0 ? gradients : [] },
      );
      submits += executor.lastSubmits;
      const { loss: part, ...rest } = objective.metrics(outputs, batch, share);
      loss += part;
      metrics.add(rest);
      tokens += batch.tokens;
      if (last) clip = outputs.clip!;
    }
    step++;
    const [gradNorm, , finite] = clip as unknown as [number, number, number];
    if (!Number.isFinite(loss) || finite !== 1) throw notFinite(step, loss, gradNorm, learningRate);
    const end = group.at(-1)!;
    const perEpoch = loader.batchesPerEpoch;
    yield {
      step,
      totalSteps,
      epoch: perEpoch ? end.epoch + (end.index + 1) / perEpoch : end.epoch,
      loss,
      gradNorm,
      learningRate,
      metrics: metrics.take(),
      tokens,
      seconds: (performance.now() - started) / 1000,
      submits,
      resume: {
        step,
        next: end.next,
        microBatches: index,
        ...(options.algorithmState && { algorithm: options.algorithmState() }),
      },
    };
    if (step >= totalSteps) break;
  }
  update.destroy();
}

/** The optimizer that `optim` names. */
export const optimizerOf = ({ optim }: Pick<LoopSettings, 'optim'>): Optimizer =>
  optim === 'sgd' ? 'sgd' : 'adamw';

function scheduleOf(args: LoopSettings, totalSteps: number): ScheduleOptions {
  const kwargs = args.lrSchedulerKwargs;
  // A recipe spells them in snake_case.
  const named =
    kwargs && Object.fromEntries(Object.entries(kwargs).map(([key, v]) => [camelCase(key), v]));
  return { ...args, lrSchedulerKwargs: named as LrSchedulerKwargs | null, totalSteps };
}

function adam(args: LoopSettings) {
  return {
    beta1: args.adamBeta1,
    beta2: args.adamBeta2,
    eps: args.adamEpsilon,
    weightDecay: args.weightDecay,
  };
}

/** Batches in groups of `size`; the last group of an epoch may be short. */
async function* microBatchGroups<E, B>(
  loader: BatchSource<E, B>,
  size: number,
  from: LoaderState | undefined,
): AsyncGenerator<LoadedBatch<E, B>[]> {
  let group: LoadedBatch<E, B>[] = [];
  for await (const loaded of loader.batches(from)) {
    group.push(loaded);
    if (group.length === size || loaded.last) {
      yield group;
      group = [];
    }
  }
}

function notFinite(step: number, loss: number, gradNorm: number, rate: number): AttuneError {
  return new AttuneError(
    'loss-not-finite',
    `Step ${step}: the loss is ${loss} and the gradient norm ${gradNorm} at learning rate ${rate}. The step was not applied.`,
    'Lower the learning rate, clip gradients (max_grad_norm), or look at the data of this step.',
  );
}
