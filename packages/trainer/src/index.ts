export {
  type CheckpointParts,
  checkpointSteps,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint.ts';
export { evaluationMeans } from './evaluation.ts';
export { bucket, flatten } from './flatten.ts';
export { diskFolder, memoryFolder, type OutputFolder } from './folder.ts';
export {
  type BatchSource,
  countSteps,
  type LoopArguments,
  type LoopBatch,
  type LoopOptions,
  type MicroBatch,
  type Objective,
  type ResumePoint,
  type Share,
  type StepReport,
  trainingSteps,
} from './loop.ts';
export {
  ModelTrainer,
  type ModelTrainerOptions,
  type ModelTrainerParts,
  type TrainerArguments,
} from './model-trainer.ts';
export { PlanCache } from './plan-cache.ts';
export { type LossMetrics, PlannedObjective } from './planned-objective.ts';
export { Progress, sparkline, formatDuration } from './progress.ts';
export { checkReference, type ReferenceArguments, ReferenceModel } from './reference-model.ts';
export {
  type LogRow,
  type RunHooks,
  type RunResult,
  type RunSchedule,
  runTraining,
} from './run.ts';
export { type RunFacts, RunLog } from './run-log.ts';
export {
  type SavedTensors,
  type TrainedTensors,
  TunedModel,
  type TunedModelOptions,
} from './tuned-model.ts';
