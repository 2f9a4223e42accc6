export {
  type AdapterFiles,
  adapterConfigFile,
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
