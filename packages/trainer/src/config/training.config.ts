import {
  choice,
  flag,
  group,
  integer,
  json,
  list,
  number,
  type SettingsOf,
  text,
} from '@attune/config';
import { schedulerTypes } from '@attune/optim';

/** Keys of a run that every algorithm has; names, defaults and meaning are those of transformers' TrainingArguments. */
export const trainingConfig = {
  ...group('Training', {
    outputDir: text(undefined, 'Folder for the result, checkpoints and logs.', { resume: false }),
    resumeFromCheckpoint: text(
      null,
      'Checkpoint folder that the run goes on from, or true for the newest in output_dir.',
      { resume: false },
    ),
    numTrainEpochs: number(3, 'Passes over the training data.', { min: 0 }),
    maxSteps: integer(-1, 'Optimizer steps; above 0 it replaces num_train_epochs.'),
    perDeviceTrainBatchSize: integer(8, 'Rows of a micro-batch.', { min: 1, memory: true }),
    perDeviceEvalBatchSize: integer(8, 'Rows of an evaluation batch.', { min: 1, resume: false }),
    gradientAccumulationSteps: integer(1, 'Micro-batches of an optimizer step.', { min: 1 }),
    gradientCheckpointing: flag(
      true,
      'Computes activations again for the gradient: less memory, about a third more time.',
      { resume: false, memory: true },
    ),
    seed: integer(42, 'Seed of everything random.', { min: 0 }),
    dataSeed: integer(null, 'Seed of the order of rows (null: seed).', { min: 0 }),
  }),
  ...group('Data', {
    trainSamplingStrategy: choice(
      'random',
      ['random', 'sequential'],
      'Order of the training rows within an epoch.',
    ),
    dataloaderDropLast: flag(false, 'Leaves out the last batch of an epoch where it is not full.'),
  }),
  ...group('Optimizer', {
    learningRate: number(2e-5, 'Highest learning rate of the schedule.', { min: 0 }),
    lrSchedulerType: choice(
      'linear',
      schedulerTypes,
      'Schedule of the learning rate over the steps of the run.',
    ),
    lrSchedulerKwargs: json<Readonly<Record<string, unknown>> | null>(
      null,
      'Further settings of the learning-rate schedule, such as {"num_cycles": 2}.',
    ),
    warmupSteps: number(0, 'Steps in which the learning rate rises; below 1, a share of all.', {
      min: 0,
    }),
    optim: choice(
      'adamw_torch_fused',
      ['adamw_torch', 'adamw_torch_fused', 'sgd'],
      'Optimizer: AdamW under both of its names, or plain gradient descent without momentum.',
      { memory: true },
    ),
    weightDecay: number(0, 'Decoupled weight decay of matrices.', { min: 0 }),
    adamBeta1: number(0.9, 'Decay of the first moment of AdamW.', { min: 0 }),
    adamBeta2: number(0.999, 'Decay of the second moment of AdamW.', { min: 0 }),
    adamEpsilon: number(1e-8, 'Epsilon in the denominator of AdamW.', { min: 0 }),
    maxGradNorm: number(1, 'Norm that gradients are clipped to; 0: they are not clipped.', {
      min: 0,
    }),
  }),
  ...group('Logging and saving', {
    loggingSteps: number(10, 'Steps between two log rows; below 1, a share of all steps.', {
      min: 0,
      resume: false,
    }),
    loggingFirstStep: flag(false, 'Logs the first step too.', { resume: false }),
    loggingStrategy: choice('steps', ['no', 'steps'], 'When to log.', { resume: false }),
    evalStrategy: choice('no', ['no', 'steps', 'epoch'], 'When to evaluate on held-out rows.', {
      resume: false,
    }),
    evalSteps: number(null, 'Steps between two evaluations (null: logging_steps).', {
      resume: false,
    }),
    evalOnStart: flag(false, 'Evaluates before the first step.', { resume: false }),
    saveStrategy: choice('steps', ['no', 'steps', 'epoch'], 'When to save a checkpoint.', {
      resume: false,
    }),
    saveSteps: number(500, 'Steps between two checkpoints; below 1, a share of all steps.', {
      min: 0,
      resume: false,
    }),
    saveTotalLimit: integer(null, 'Number of newest checkpoints that are kept (null: all).', {
      min: 1,
      resume: false,
    }),
    reportTo: list(
      ['tensorboard'],
      'Where rows of the log go besides metrics.jsonl: tensorboard writes an event file, none nothing.',
      { choices: ['tensorboard', 'none', 'all'], resume: false },
    ),
  }),
};

/** What every trainer reads of its arguments. */
export type TrainingSettings = SettingsOf<typeof trainingConfig>;
