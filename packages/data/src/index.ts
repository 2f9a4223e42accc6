export { interruptible } from './breathe.ts';
export type { DataFilesConfig, DataFilesOptions } from './data-files.ts';
export { splitsOfFiles } from './data-files.ts';
export type { Dataset, DatasetOptions, DatasetStream } from './dataset.ts';
export { prepareDataset, rowsOf, streamDataset, tokensInMemory } from './dataset.ts';
export type { DatasetSplit } from './dataset-source.ts';
export { datasetOf, filesOf, splitDataset } from './dataset-source.ts';
export type { EncodeExampleOptions, Example } from './encode-example.ts';
export { commonPrefixLength, encodeExample, ignored } from './encode-example.ts';
export type { EncodeReport } from './encode-report.ts';
export { newReport } from './encode-report.ts';
export { folderFiles, folderSplits } from './folder.ts';
export { isDataFile } from './format.ts';
export type { LoadedBatch, LoaderOptions, LoaderState } from './loader.ts';
export { BatchLoader } from './loader.ts';
export { numpyPermutation } from './numpy-random.ts';
export type { PackingStrategy } from './packing.ts';
export { packBlock, packExamples, packingBlock } from './packing.ts';
export { permutation, uniformInteger } from './philox.ts';
export type { PairBatch, UnpairedBatch } from './preference-batches.ts';
export { collatePairs, collateUnpaired, completionRow } from './preference-batches.ts';
export type { Answer, Answers, PairTrainer, PreferenceExample } from './preference-pairs.ts';
export { encodeScored } from './preference-pairs.ts';
export type { PreferenceReport } from './preference-report.ts';
export { ktoWeightNote, newPreferenceReport, preferenceNotes } from './preference-report.ts';
export type {
  PreferenceData,
  PreferenceOptions,
  ReadPreferenceOptions,
} from './preference-rows.ts';
export { preparePreference } from './preference-rows.ts';
export { printable, printableValue } from './printable.ts';
export type { DataFormat, ReadOptions, Row } from './read-rows.ts';
export { readAllRows, readRows } from './read-rows.ts';
export { reportNotes } from './report-notes.ts';
export type { FlatRows, JoinOptions, PaddedRows, RowBatch } from './row-batch.ts';
export { countTrained, joinRows, padRows } from './row-batch.ts';
export type { Shape, ShapeOptions, ShapeType } from './shapes.ts';
export {
  detectShape,
  isConversation,
  isEmptyRow,
  messagesOf,
  shapeError,
  textOf,
  toolsOf,
} from './shapes.ts';
export type {
  ByteFile,
  ByteRanges,
  ByteStream,
  DatasetSource,
  RowSource,
  Source,
} from './source.ts';
export { isSource, openFile, readBytes, sourceName } from './source.ts';
export type { SplitOptions } from './split-rows.ts';
export { splitIndices, splitRows, splitSources, splitStream, testRows } from './split-rows.ts';
export type { AnyExample, TokenLimits } from './token-limits.ts';
export { checkExample, checkExamples, checkSequence } from './token-limits.ts';
export type { UnpairedData, UnpairedExample, UnpairedOptions } from './unpaired.ts';
export { prepareUnpaired } from './unpaired.ts';
export { checkWellFormed } from './well-formed.ts';
