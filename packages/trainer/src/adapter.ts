import { AttuneError } from '@attune/gpu';
import { type ModelFolder, type OpenModel, scoreModel, type WeightSource } from '@attune/model';
import { mergeAdapter, type OpenAdapter, openAdapter } from '@attune/peft';
import { paddingOf } from './tokenizer.ts';

/** An adapter that was read: what it changes, and its tensors by trained name. */
export type LoadedAdapter = Pick<OpenAdapter, 'method' | 'config'> & {
  readonly values: ReadonlyMap<string, Float32Array>;
};

/** A folder of an adapter's files: its path, or files by name (`folderFromFiles`). */
export type AdapterSource = string | ModelFolder;

/** The adapter in a folder, for a model that fits it. @throws AttuneError those of `openAdapter` */
export const findAdapter = (source: AdapterSource, model: OpenModel): Promise<LoadedAdapter> =>
  openAdapter(source, model);

/**
 * The model as the adapter in a folder wants it: under a score head where the adapter brings one, as
 * those of `attune reward` and of PEFT's SEQ_CLS do; with the biases that BitFit added; else as it is.
 */
export async function modelForAdapter(model: OpenModel, source: AdapterSource): Promise<OpenModel> {
  return (await openAdapter(source, model, { scores: true })).model;
}

/**
 * A reward model: one with a score head, or a language model under an adapter that brings the head.
 * @throws AttuneError `missing-score-head`
 */
export async function rewardModelOf(model: OpenModel, adapter?: AdapterSource): Promise<OpenModel> {
  const fitted = adapter === undefined ? model : await modelForAdapter(model, adapter);
  if (fitted.config.head === 'score') return padded(fitted);
  throw new AttuneError(
    'missing-score-head',
    `${model.files.name} is a language model${adapter === undefined ? '' : ', and the adapter brings no score head'}.`,
    'Name what attune reward left; where that is an adapter: --model_name_or_path BASE --adapter_name_or_path ADAPTER.',
  );
}

/** Padding is the config's; else the tokenizer's, as in training; a model without either has none. */
function padded(model: OpenModel): OpenModel {
  if (model.config.padTokenId !== null) return scoreModel(model);
  return scoreModel(model, { padTokenId: paddingOf(model) });
}

/**
 * The model's weights with the adapter in them, and whether its output layer parted from the embedding table.
 * @throws AttuneError `unsupported-adapter` for what is not of a weight's form
 */
export function mergedModel(
  model: OpenModel,
  adapter: LoadedAdapter,
): { weights: WeightSource; untied: boolean } {
  const { weights, config } = mergeAdapter(model, adapter);
  return { weights, untied: model.config.tieWordEmbeddings && !config.tieWordEmbeddings };
}
