export {
  adapterFromFiles,
  adapterGguf,
  loraFromFiles,
  mergeAdapter,
  type OpenAdapter,
  type OpenAdapterOptions,
  openAdapter,
  readAdapter,
} from './adapter-files.ts';
export { adapterConfigFile, adapterWeightsFile } from './adapter-names.ts';
export type { BitFitConfig } from './bitfit/bitfit.config.ts';
export { bitFitFile } from './bitfit/bitfit.files.ts';
export {
  type BitFitMethod,
  bitFitTuning,
  withBiases,
} from './bitfit/bitfit.ts';
export {
  type BottleneckConfig,
  type BottleneckPreset,
  bottleneckPresets,
  nonLinearities,
} from './bottleneck/bottleneck.config.ts';
export { adapterHubFile } from './bottleneck/bottleneck.files.ts';
export type { BottleneckMethod } from './bottleneck/bottleneck.ts';
export { type ChangedTensor, changedWeights, replacedWeights } from './changed-weights.ts';
export { fullTuning } from './full/full.ts';
export type {
  AdapterFiles,
  FileTensors,
  ReadAdapter,
  TunedParts,
  TuningKind,
  TuningStart,
} from './kind.ts';
export type { LoraConfig, LoraSettings } from './lora/lora.config.ts';
export { dropoutValues } from './lora/lora.dropout.ts';
export { mergedWeights } from './lora/lora.merge.ts';
export {
  type LoraLayer,
  type LoraMethod,
  loraTuning,
} from './lora/lora.ts';
export {
  decays,
  initialise,
  type ModelParts,
  type SaveOptions,
  type TuningMethod,
  type TuningOptions,
  trainableOf,
  tunedLayout,
  withParts,
} from './method.ts';
export { kindOf, kinds, methods, type PeftConfig, type PeftType, tuningMethod } from './methods.ts';
export type { PTuningConfig } from './p-tuning/p-tuning.config.ts';
export type { PrefixTuningConfig } from './prefix-tuning/prefix-tuning.config.ts';
export type { PromptTuningConfig } from './prompt-tuning/prompt-tuning.config.ts';
export { pythonPattern } from './python-pattern.ts';
export { peftConfigOf, peftKeys, trlPeftKeys } from './recipe.ts';
export {
  findTargets,
  type LinearModule,
  linearModules,
  matchesModule,
  modulePaths,
  patternValue,
  type TargetOptions,
} from './targets.ts';
export { encoderFile } from './virtual/virtual.files.ts';
export type { VirtualMethod } from './virtual/virtual.ts';
