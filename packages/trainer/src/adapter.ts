import { AttuneError } from '@attune/gpu';
import { type ModelFolder, type OpenModel, scoreModel } from '@attune/model';
import { openAdapter } from '@attune/peft';
import { paddingOf } from './tokenizer.ts';

/** A folder of an adapter's files: its path, or files by name (`folderFromFiles`). */
export type AdapterSource = string | ModelFolder;

/**
 * A reward model: one with a score head, or a language model under an adapter that brings the head.
 * @throws AttuneError `missing-score-head`
 */
export async function rewardModelOf(model: OpenModel, adapter?: AdapterSource): Promise<OpenModel> {
  const fitted =
    adapter === undefined ? model : (await openAdapter(adapter, model, { scores: true })).model;
  const { head, padTokenId } = fitted.config;
  if (head === 'score') {
    // Padding is the config's; else the tokenizer's, as in training; a model without either has none.
    return padTokenId !== null
      ? scoreModel(fitted)
      : scoreModel(fitted, { padTokenId: paddingOf(fitted) });
  }
  throw new AttuneError(
    'missing-score-head',
    `${model.files.name} is a language model${adapter === undefined ? '' : ', and the adapter brings no score head'}.`,
    'Name what attune reward left; where that is an adapter: --model_name_or_path BASE --adapter_name_or_path ADAPTER.',
  );
}
