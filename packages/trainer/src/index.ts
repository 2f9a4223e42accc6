export { type AdapterSource, rewardModelOf } from './adapter.ts';
export {
  type Algorithm,
  algorithm,
  type Paper,
  type SetupOptions,
  type TrainerOptions,
} from './algorithm.ts';
export type { TrainerCallbacks } from './callbacks.ts';
export {
  type CheckpointParts,
  checkpointSteps,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint.ts';
export {
  type CheckpointState,
  checkFits,
  type LoadedCheckpoint,
  loadCheckpointState,
  saveCheckpointState,
} from './checkpoint-state.ts';
export {
  checkReference,
  followingConfig,
  type ReferenceSettings,
  referenceConfig,
} from './config/reference.config.ts';
export { dataConfig, modelConfig, streamingConfig } from './config/script.config.ts';
export { type TrainingSettings, trainingConfig } from './config/training.config.ts';
export { textTrlKeys, trlKeys, trlKeysWith } from './config/trl-keys.ts';
export { evaluationMeans, prefixed } from './evaluation.ts';
export {
  type FindDeviceOptions,
  type FindModelOptions,
  findDevice,
  findModel,
  type ModelSource,
} from './find-model.ts';
export { diskFolder, memoryFolder, type OutputFolder, outputFolder } from './folder.ts';
export {
  type GenerationOptions,
  LoadedModel,
  type LoadModelOptions,
  loadModel,
  slowly,
} from './load-model.ts';
export { checkIds, LogitsComputer } from './logits.ts';
export {
  type BatchSource,
  countSteps,
  type LoopBatch,
  type LoopOptions,
  type LoopSettings,
  type MicroBatch,
  type Objective,
  optimizerOf,
  type ResumePoint,
  type Share,
  type StepReport,
  trainingSteps,
} from './loop.ts';
export { Means, mean } from './means.ts';
export { type ChooseOptions, type ChosenMethod, chooseMethod } from './method.ts';
export { type SavedDtype, writeModelFolder, writeTokenizer } from './model-folder.ts';
export { PlanCache } from './plan-cache.ts';
export { type Feed, type Loss, type LossMetrics, namedMeans, PlannedLoss } from './planned-loss.ts';
export { planningGpu, planningModel } from './planning-gpu.ts';
export {
  type PreferenceExamples,
  type PreferenceSetup,
  type PreparePreference,
  preferenceData,
} from './preference-data.ts';
export type { PreviewRow } from './preview.ts';
export { formatDuration, Progress, sparkline } from './progress.ts';
export { ReferenceModel } from './reference-model.ts';
export {
  bucket,
  type Completions,
  completionInputs,
  completionLogps,
  completionWeights,
  idRows,
  joinOptions,
  type LogpsOptions,
  meanOver,
  perCompletionToken,
  predictedLogps,
  type RowInputs,
  type RowOptions,
  type RowSizes,
  rowInputs,
  rowParts,
  rowSizes,
} from './row-inputs.ts';
export {
  type LogRow,
  type RunHooks,
  type RunResult,
  type RunSchedule,
  scheduled,
} from './run.ts';
export { type RunFacts, RunLog } from './run-log.ts';
export { checkTokens, lastScores, Scorer, type ScorerOptions, scoreNotFinite } from './scorer.ts';
export {
  createFrom,
  type Reporting,
  type RunOutput,
  TrainerSetup,
  withoutEffectNote,
} from './setup.ts';
export { needPadding, paddingOf, tokenizerOf } from './tokenizer.ts';
export { type AnyTrainer, Trainer, type TrainerParts } from './trainer.ts';
export {
  type SavedTensors,
  type TrainedTensors,
  TunedModel,
  type TunedModelOptions,
} from './tuned-model.ts';
