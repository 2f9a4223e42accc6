import { AttuneError, nearest } from '@attune/gpu';

/** Parameters of single schedules, under transformers' names. */
export interface LrSchedulerKwargs {
  /** Waves of a cosine (default 0.5: half a wave), or hard restarts (default 1). */
  numCycles?: number | null;
  /** `polynomial`: the rate after the last step. Default 1e-7. */
  lrEnd?: number | null;
  /** `polynomial`: the exponent. Default 1. */
  power?: number | null;
  /** `inverse_sqrt`: steps in which the rate falls by √2. Default: the warm-up's, else 10,000. */
  timescale?: number | null;
  /** The lowest rate of the cosines that have one; or as a share of `learningRate`: `minLrRate`. */
  minLr?: number | null;
  minLrRate?: number | null;
  /** `cosine_warmup_with_min_lr`: the first rate as a share of `learningRate`. */
  warmupLrRate?: number | null;
  /** `warmup_stable_decay`: steps of its last phase, and of the one before (default: the rest). */
  numDecaySteps?: number | null;
  numStableSteps?: number | null;
  warmupType?: RampType | null;
  decayType?: RampType | null;
  minLrRatio?: number | null;
}

export type RampType = 'linear' | 'cosine' | '1-sqrt';

export interface ScheduleOptions {
  /** The highest rate. */
  learningRate: number;
  /** Default `linear`. */
  lrSchedulerType?: SchedulerType;
  /** Steps in which the rate rises from 0; below 1: a share of `totalSteps`. Default 0. */
  warmupSteps?: number;
  /** Optimizer steps of the whole run. */
  totalSteps: number;
  lrSchedulerKwargs?: LrSchedulerKwargs | null;
}

interface Run extends Readonly<Required<Omit<ScheduleOptions, 'warmupSteps' | 'lrSchedulerType'>>> {
  readonly warmup: number;
  readonly lrSchedulerKwargs: LrSchedulerKwargs;
}

/** A schedule: the factor on the learning rate at step `s`, from 0. */
type Factor = (s: number, run: Run) => number;

const sqrtRamp = (p: number) => 1 - Math.sqrt(1 - p);
const rise = (s: number, { warmup }: Run) => s / Math.max(1, warmup);
const progress = (s: number, { warmup, totalSteps }: Run) =>
  (s - warmup) / Math.max(1, totalSteps - warmup);
const wave = (p: number, cycles: number) => 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * p));
const above = (factor: number, least: number) => Math.max(0, factor * (1 - least) + least);

const factors = {
  constant: () => 1,
  constant_with_warmup: (s, run) => (s < run.warmup ? rise(s, run) : 1),
  linear: (s, run) =>
    s < run.warmup
      ? rise(s, run)
      : Math.max(0, (run.totalSteps - s) / Math.max(1, run.totalSteps - run.warmup)),
  cosine: (s, run) =>
    s < run.warmup
      ? rise(s, run)
      : Math.max(0, wave(progress(s, run), run.lrSchedulerKwargs.numCycles ?? 0.5)),
  cosine_with_restarts: (s, run) => {
    if (s < run.warmup) return rise(s, run);
    const p = progress(s, run);
    const cycles = run.lrSchedulerKwargs.numCycles ?? 1;
    return p >= 1 ? 0 : Math.max(0, 0.5 * (1 + Math.cos(Math.PI * ((cycles * p) % 1))));
  },
  polynomial: (s, run) => {
    const { learningRate, totalSteps, warmup } = run;
    const { lrEnd, power } = run.lrSchedulerKwargs;
    const end = lrEnd ?? 1e-7;
    if (!(learningRate > end)) {
      throw badSchedule(`lr_end ${end} is not below the learning rate ${learningRate}`);
    }
    if (s < warmup) return rise(s, run);
    // At s = totalSteps = warmup nothing is left to decay.
    if (s >= totalSteps) return end / learningRate;
    const left = 1 - (s - warmup) / (totalSteps - warmup);
    return ((learningRate - end) * left ** (power ?? 1) + end) / learningRate;
  },
  inverse_sqrt: (s, run) => {
    if (s < run.warmup) return rise(s, run);
    const timescale = run.lrSchedulerKwargs.timescale ?? (run.warmup || 10_000);
    return 1 / Math.sqrt((s + timescale - run.warmup) / timescale);
  },
  cosine_with_min_lr: (s, run) => {
    const least = leastShare(run);
    if (s < run.warmup) return rise(s, run);
    return above(wave(progress(s, run), run.lrSchedulerKwargs.numCycles ?? 0.5), least);
  },
  cosine_warmup_with_min_lr: (s, run) => {
    const least = leastShare(run);
    const { numCycles, warmupLrRate } = run.lrSchedulerKwargs;
    if (s < run.warmup) {
      if (warmupLrRate == null) return (s + 1) / Math.max(1, run.warmup);
      return warmupLrRate + ((1 - warmupLrRate) * s) / Math.max(1, run.warmup - 1);
    }
    return above(wave(progress(s + 1, run), numCycles ?? 0.5), least);
  },
  warmup_stable_decay: (s, run) => {
    const kwargs = run.lrSchedulerKwargs;
    if (kwargs.numDecaySteps == null) {
      throw badSchedule('warmup_stable_decay needs num_decay_steps');
    }
    const decay = kwargs.numDecaySteps;
    const stable = kwargs.numStableSteps ?? run.totalSteps - run.warmup - decay;
    const least = kwargs.minLrRatio ?? 0;
    if (s < run.warmup) return above(ramp(kwargs.warmupType ?? 'linear', rise(s, run)), least);
    if (s < run.warmup + stable) return 1;
    if (s >= run.warmup + stable + decay) return least;
    const p = (s - run.warmup - stable) / Math.max(1, decay);
    const type = kwargs.decayType ?? 'cosine';
    const down = type === 'cosine' ? wave(p, kwargs.numCycles ?? 0.5) : 1 - fallen(type, p);
    return above(down, least);
  },
} satisfies Record<string, Factor>;

function ramp(type: RampType, p: number): number {
  if (type === 'linear') return p;
  if (type === 'cosine') return 0.5 * (1 - Math.cos(Math.PI * p));
  return sqrtRamp(p);
}

const fallen = (type: RampType, p: number) => (type === 'linear' ? p : Math.sqrt(p));

/** The schedules by transformers' names, but for the two that follow a metric. */
export type SchedulerType = keyof typeof factors;

export const schedulerTypes = Object.keys(factors) as SchedulerType[];

/** Steps of the warm-up: `warmupSteps`, or below 1 that share of all steps, rounded up. */
export function warmupStepCount(warmupSteps: number, totalSteps: number): number {
  return warmupSteps >= 1 ? Math.trunc(warmupSteps) : Math.ceil(totalSteps * warmupSteps);
}

/**
 * The learning rate that optimizer step `step` (from 0) uses, which is also what TRL logs for it. It
 * equals transformers' `get_scheduler`: with a warm-up the first step has rate 0.
 *
 * @throws AttuneError `bad-value`
 */
export function learningRateAt(step: number, options: ScheduleOptions): number {
  const { learningRate, lrSchedulerType = 'linear', warmupSteps = 0, totalSteps } = options;
  if (!Object.hasOwn(factors, lrSchedulerType)) throw unknownSchedule(lrSchedulerType);
  if (!(learningRate >= 0) || !Number.isFinite(learningRate)) {
    throw badSchedule(`the learning rate is ${learningRate}`);
  }
  if (!(warmupSteps >= 0)) throw badSchedule(`warmup_steps is ${warmupSteps}`);
  const lrSchedulerKwargs = options.lrSchedulerKwargs ?? {};
  const warmup = warmupStepCount(warmupSteps, totalSteps);
  const factor: Factor = factors[lrSchedulerType];
  return learningRate * factor(step, { learningRate, totalSteps, warmup, lrSchedulerKwargs });
}

function leastShare({ learningRate, lrSchedulerKwargs: { minLr, minLrRate } }: Run): number {
  if ((minLr == null) === (minLrRate == null)) {
    throw badSchedule(
      `a cosine with a lowest rate needs min_lr or min_lr_rate, one of the two; ${minLr == null ? 'neither' : 'both'} is set`,
    );
  }
  return minLrRate ?? minLr! / learningRate;
}

function badSchedule(why: string): AttuneError {
  return new AttuneError(
    'bad-value',
    `The learning-rate schedule cannot be computed: ${why}.`,
    'Correct learning_rate, warmup_steps or lr_scheduler_kwargs.',
  );
}

function unknownSchedule(type: string): AttuneError {
  const near = nearest(type, schedulerTypes);
  const adaptive = type === 'reduce_lr_on_plateau' || type === 'greedy';
  return new AttuneError(
    'bad-value',
    adaptive
      ? `lr_scheduler_type ${type} follows a metric of the run, which is not supported.`
      : `lr_scheduler_type ${type} is not known.`,
    `${near && !adaptive ? `Did you mean ${near}? ` : ''}Known are ${schedulerTypes.join(', ')}.`,
  );
}
