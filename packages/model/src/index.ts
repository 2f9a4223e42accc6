export type {
  Activation,
  ExpectedTensor,
  LayerType,
  ModelConfig,
  ModelHead,
  ModelType,
  RopeConfig,
} from './config/config.ts';
export { parseConfig } from './config/parse.ts';
export { inverseFrequencies, type RopeTable, ropeDivisors, ropeTable } from './config/rope.ts';
export type {
  Attention,
  Block,
  Blueprint,
  FeedForward,
  Module,
  ModuleRole,
  Norm,
  Sublayer,
} from './families/blueprint.ts';
export {
  blueprintOf,
  expectedTensors,
  familyOf,
  MODEL_TYPES,
  modulesOf,
} from './families/families.ts';
export type { Family } from './families/family.ts';
export {
  type ByteSource,
  bytesFromBlob,
  bytesFromMemory,
  bytesFromPath,
  readText,
} from './files/bytes.ts';
export { encodeFloats, toBfloat16, toFloat16 } from './files/floats.ts';
export { folderFromFiles, folderFromPath, type ModelFolder, readJson } from './files/folder.ts';
export { type GgufFile, type GgufTensor, readGguf } from './files/gguf.ts';
export { exportGguf, type GgufExport, ggufMetadata, ggufTensors } from './files/gguf-export.ts';
export { ggufName, interleavedHeads, toGgufRows } from './files/gguf-names.ts';
export { openGguf } from './files/gguf-shards.ts';
export type { GgufMetadata, GgufValue } from './files/gguf-types.ts';
export {
  type GgufTensorData,
  type GgufTensorSpec,
  ggufValue,
  type LazyGgufTensor,
  streamGguf,
  writeGguf,
} from './files/gguf-writer.ts';
export { downloadAdapter, downloadModel, type HubOptions, isHubId } from './files/hub.ts';
export { type HubDataset, type HubDatasetOptions, openHubDataset } from './files/hub-data.ts';
export { hubEnvironment, hubHome } from './files/hub-environment.ts';
export { type HubStorage, type HubWriter, nodeHubStorage } from './files/hub-storage.ts';
export { type ModelTexts, withTexts } from './files/model-texts.ts';
export { type OpenModel, openModel } from './files/open.ts';
export { openTokenizer, type TokenizerFiles } from './files/open-tokenizer.ts';
export { encodeGgml, type WritableType } from './files/quantise.ts';
export { Rounding } from './files/rounding.ts';
export { readSafetensors, type SafetensorsFile } from './files/safetensors.ts';
export type { SafetensorsDtype } from './files/safetensors-header.ts';
export {
  type LazyTensor,
  streamSafetensors,
  type TensorData,
  writeSafetensors,
} from './files/safetensors-writer.ts';
export { type ScoreModelOptions, scoreModel } from './files/score-model.ts';
export { type Sha256, sha256 } from './files/sha256.ts';
export { openSafetensors } from './files/sharded.ts';
export type { TensorInfo, WeightSource } from './files/weights.ts';
export { Generator, type GeneratorOptions } from './generation/generator.ts';
export type { GenerateOptions, Generation } from './generation/options.ts';
export { type TokenRows, tokenInputs, tokenValues } from './network/batch.ts';
export {
  type Attend,
  attendBatch,
  type DecoderOptions,
  decoder,
  type TokenBatch,
} from './network/decoder.ts';
export { freshWeights } from './network/fresh.ts';
export {
  countTargets,
  type LabelledRows,
  logits,
  type Predictions,
  predictionInputs,
  predictionValues,
  predictTokens,
} from './network/heads.ts';
export {
  laidTensors,
  plainLayout,
  type Stack,
  stackShape,
  stacksOf,
  type WeightFormats,
  type WeightLayout,
  weightLayout,
} from './network/layout.ts';
export {
  type LinearInputs,
  Network,
  type Reading,
  type Tuning,
  uploadWeights,
} from './network/network.ts';
export {
  mostTokens,
  type RopeTables,
  ropeBytes,
  ropeTensors,
  storedPositions,
  uploadRope,
} from './network/positions.ts';
export { lastTokens, requireScoreHead, rowScores, tokenScores } from './network/scores.ts';
export { addedTokens, type VirtualTokens } from './network/virtual.ts';
