import { AttuneError } from '@attune/gpu';
import { checkReference, type ReferenceArguments, type TrainerArguments } from '@attune/trainer';

/** The keys of a recipe that GRPO and RLOO share; names and defaults are TRL's. */
export interface PolicyArguments
  extends TrainerArguments,
    Pick<ReferenceArguments, 'syncRefModel' | 'refModelMixupAlpha' | 'refModelSyncSteps'> {
  /** Completions to a prompt: a group. */
  readonly numGenerations: number;
  /** To a held-out prompt. Default: `numGenerations`. */
  readonly numGenerationsEval?: number | null;
  /** Tokens of a completion at most. */
  readonly maxCompletionLength: number;
  /** Divides the logits, in sampling and in training. Default 1. */
  readonly temperature?: number;
  /** How often each round of completions is gone through. Default 1. */
  readonly numIterations?: number;
  /** Micro-batches that a round is cut into. Default: `gradientAccumulationSteps`, a round a step. */
  readonly stepsPerGeneration?: number | null;
  /** Completions of a round, in place of `stepsPerGeneration`. */
  readonly generationBatchSize?: number | null;
  /** What divergence from the reference model costs; 0: there is none. */
  readonly beta: number;
  /** Ratios of probabilities are clipped to [1 - epsilon, 1 + epsilonHigh]. Default 0.2. */
  readonly epsilon?: number;
  /** Default: `epsilon`. */
  readonly epsilonHigh?: number | null;
  /** What each reward function's opinion weighs. Default 1. */
  readonly rewardWeights?: readonly number[] | null;
  /** Completions that were cut off train nothing. Default false. */
  readonly maskTruncatedCompletions?: boolean;
  /** Nothing is dropped, LoRA's input neither. Default false. */
  readonly disableDropout?: boolean;
}

const wrong = (message: string, remedy: string) => new AttuneError('bad-option', message, remedy);

/** Micro-batches that a round is cut into. @throws AttuneError `bad-option` */
export function stepsPerGeneration(args: PolicyArguments): number {
  const { perDeviceTrainBatchSize: batch, gradientAccumulationSteps, generationBatchSize } = args;
  if (args.stepsPerGeneration != null && generationBatchSize != null) {
    throw wrong(
      'generation_batch_size and steps_per_generation are both set.',
      'Give one of them: a round has steps_per_generation times per_device_train_batch_size completions.',
    );
  }
  if (generationBatchSize == null) return args.stepsPerGeneration ?? gradientAccumulationSteps;
  if (generationBatchSize % batch === 0) return generationBatchSize / batch;
  throw wrong(
    `generation_batch_size is ${generationBatchSize}, no multiple of per_device_train_batch_size ${batch}.`,
    'Give a multiple of it.',
  );
}

/**
 * Checks what GRPO and RLOO share.
 * @throws AttuneError `bad-option`, `group-size` where a round would not hold whole groups
 */
export function checkPolicyArguments(args: PolicyArguments): void {
  const { numGenerations, perDeviceTrainBatchSize: batch, beta, temperature = 1 } = args;
  const { epsilon = 0.2, epsilonHigh, numIterations = 1, maxCompletionLength } = args;
  if (!Number.isInteger(numGenerations) || numGenerations < 2) {
    throw new AttuneError(
      'group-size',
      `num_generations is ${numGenerations}: a completion alone has nobody to be better than.`,
      'Give at least 2.',
    );
  }
  const round = batch * stepsPerGeneration(args);
  if (round % numGenerations !== 0) {
    throw new AttuneError(
      'group-size',
      `A round has ${round} completions (per_device_train_batch_size ${batch} times ${round / batch} micro-batches), which is no multiple of num_generations ${numGenerations}.`,
      'Change one of per_device_train_batch_size, steps_per_generation (by default gradient_accumulation_steps) and num_generations.',
    );
  }
  if (!(temperature > 0 && beta >= 0)) {
    throw wrong(
      `temperature is ${temperature} and beta ${beta}.`,
      'Give a temperature above 0 and a beta from 0.',
    );
  }
  if (!(epsilon >= 0 && epsilon <= 1 && (epsilonHigh ?? epsilon) >= 0)) {
    throw wrong(
      `epsilon is ${epsilon} and epsilon_high ${epsilonHigh ?? epsilon}.`,
      'Give epsilon from 0 to 1 and epsilon_high from 0.',
    );
  }
  for (const [name, value] of Object.entries({
    num_iterations: numIterations,
    max_completion_length: maxCompletionLength,
    steps_per_generation: stepsPerGeneration(args),
  })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw wrong(`${name} is ${value}.`, 'Give a whole number from 1.');
  }
  checkReference(args);
}

/** A weight for each of `count` reward functions. @throws AttuneError `bad-option` */
export function rewardWeights({ rewardWeights: given }: PolicyArguments, count: number): number[] {
  if (given == null) return Array<number>(count).fill(1);
  if (given.length === count) return [...given];
  throw wrong(
    `There are ${count} reward functions and ${given.length} reward_weights.`,
    'Give a weight for each function.',
  );
}
