export {
  type AdapterFiles,
  adapterConfigFile,
  adapterFromFiles,
  adapterWeightsFile,
  loraConfigFromFile,
  loraFromFiles,
  readAdapter,
  writeAdapter,
} from './adapter-files.ts';
export {
  type BitFitMethod,
  bitFitFile,
  bitFitFromValues,
  bitFitTuning,
  readBiases,
  withBiases,
} from './bitfit.ts';
export { type BottleneckMethod, bottleneckTuning } from './bottleneck/bottleneck.ts';
export { adapterHubFile } from './bottleneck/bottleneck-files.ts';
export {
  type BottleneckConfig,
  type BottleneckPreset,
  bottleneckPresets,
  nonLinearities,
} from './bottleneck/config.ts';
export { fullTuning } from './full.ts';
export {
  dropoutValues,
  isLora,
  type LoraConfig,
  type LoraLayer,
  type LoraMethod,
  loraParameters,
  loraTuning,
} from './lora.ts';
export { writeLoraGguf } from './lora-gguf.ts';
export { mergedWeights, replacedWeights } from './merge.ts';
export {
  decays,
  initialise,
  type SaveOptions,
  type TuningMethod,
  type TuningOptions,
  trainableOf,
  tunedLayout,
} from './method.ts';
export {
  findTargets,
  type LinearModule,
  linearModules,
  matchesModule,
  patternValue,
  type TargetOptions,
} from './targets.ts';
export { type PTuningConfig, pTuning } from './virtual/p-tuning.ts';
export { type PrefixTuningConfig, prefixTuning } from './virtual/prefix-tuning.ts';
export { type PromptTuningConfig, promptTuning } from './virtual/prompt-tuning.ts';
export { encoderFile, isEvaluated, type VirtualMethod } from './virtual/virtual-method.ts';
