/** Arguments that all trainings in pages share: batches of one micro-batch, a short warm-up, AdamW as TRL has it. */
export const pageArgs = {
  seed: 42,
  gradientAccumulationSteps: 1,
  gradientCheckpointing: false,
  lrSchedulerType: 'cosine',
  warmupSteps: 5,
  saveStrategy: 'no',
} as const;
