/** Arguments that all trainings in pages share: batches of one micro-batch, a short warm-up, AdamW as TRL has it. */
export const pageArguments = {
  seed: 42,
  numTrainEpochs: 3,
  perDeviceEvalBatchSize: 8,
  gradientAccumulationSteps: 1,
  gradientCheckpointing: false,
  lrSchedulerType: 'cosine',
  lrSchedulerKwargs: null,
  warmupSteps: 5,
  weightDecay: 0,
  adamBeta1: 0.9,
  adamBeta2: 0.999,
  adamEpsilon: 1e-8,
  maxGradNorm: 1,
} as const;
