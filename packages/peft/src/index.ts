export {
  adapterFromFiles,
  adapterGguf,
  loraFromFiles,
  mergeAdapter,
  type OpenAdapter,
  type OpenAdapterOptions,
  openAdapter,
  readAdapter,
  writeAdapter,
} from './adapter-files.ts';
export { adapterConfigFile, adapterWeightsFile } from './adapter-names.ts';
export type { BitFitConfig } from './bitfit/bitfit.config.ts';
export { bitFitFile, readBiases } from './bitfit/bitfit.files.ts';
export {
  type BitFitMethod,
  bitFitFromValues,
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
export { type BottleneckMethod, bottleneckTuning } from './bottleneck/bottleneck.ts';
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
export { writeLoraGguf } from './lora/lora.gguf.ts';
export { mergedWeights } from './lora/lora.merge.ts';
export {
  isLora,
  type LoraLayer,
  type LoraMethod,
  loraParameters,
  loraTuning,
  settingsOfFile as loraConfigFromFile,
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
export { pTuning } from './p-tuning/p-tuning.ts';
export type { PrefixTuningConfig } from './prefix-tuning/prefix-tuning.config.ts';
export { prefixTuning } from './prefix-tuning/prefix-tuning.ts';
export type { PromptTuningConfig } from './prompt-tuning/prompt-tuning.config.ts';
export { promptTuning } from './prompt-tuning/prompt-tuning.ts';
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
export { isEvaluated, type VirtualMethod } from './virtual/virtual.ts';
