import { flag, group, json, number, text } from '@attune/config';

/** Which model: what recipes and the command line name it by (TRL's ModelConfig). */
export const modelConfig = group('Model', {
  modelNameOrPath: text(
    undefined,
    'Model folder (safetensors, or a single GGUF), GGUF file, or hub id.',
  ),
  modelRevision: text('main', 'Branch, tag or commit of a hub id.'),
  adapterNameOrPath: text(
    undefined,
    "Folder of an adapter in PEFT's, AdapterHub's or BitFit's files; training goes on with it.",
    { trl: false },
  ),
});

/** Which rows: what recipes and the command line name them by (TRL's ScriptArguments and DatasetMixtureConfig). */
export const dataConfig = group('Data', {
  datasets: json<unknown>(
    null,
    'Recipe only: a list of {path: json, data_files: FILE, split: train}.',
  ),
  datasetName: text(
    undefined,
    'Training data: a JSONL, JSON, CSV, Parquet or Arrow file, a folder of them, or a hub id.',
  ),
  evalDataset: text(undefined, 'Held-out rows: as for dataset_name.', { trl: false }),
  datasetTrainSplit: text('train', 'Split of datasets that is trained on.'),
  datasetTestSplit: text('test', 'Split of datasets that is held out.'),
  testSplitSize: number(null, 'Rows held out of the training data, or a share of them below 1.', {
    min: 0,
  }),
});

/** Streamed data: SFT's. */
export const streamingConfig = group('Data', {
  streaming: flag(false, 'Encodes rows as they are needed: for data larger than memory.'),
  datasetStreaming: flag(false, 'The same as streaming.'),
});
