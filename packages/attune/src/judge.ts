import { AttuneError } from '@attune/gpu';
import { type OpenModel, scoreModel } from '@attune/model';
import { adapterConfigFile, loraConfigFromFile } from '@attune/peft';
import { holdsBiases, modelForBiases } from './adapter.ts';
import { readFileOf } from './files.ts';
import { tokenizerOf } from './session.ts';

/**
 * The model as the adapter in a folder wants it: under a score head where the adapter brings one, as
 * those of `attune reward` and of PEFT's SEQ_CLS do; with the biases that BitFit added; else as it is.
 */
export async function modelForAdapter(model: OpenModel, adapter: string): Promise<OpenModel> {
  if (await holdsBiases(adapter)) return modelForBiases(model, adapter);
  const bytes = await readFileOf(adapter, adapterConfigFile, 'adapter-missing');
  let config: Record<string, unknown>;
  try {
    config = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    // Whoever reads the adapter says what is wrong with its config.
    return model;
  }
  if (model.config.head === 'score' || config?.peft_type !== 'LORA') return model;
  const { taskType, modulesToSave } = loraConfigFromFile(config);
  const bringsHead = taskType === 'SEQ_CLS' || modulesToSave?.includes('score');
  return bringsHead ? padded(model) : model;
}

/**
 * A model that judges: a reward model, or a language model under an adapter that brings the head.
 * @throws AttuneError `missing-score-head`
 */
export async function judgeOf(model: OpenModel, adapter?: string): Promise<OpenModel> {
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
  const { head, padTokenId } = model.config;
  if (head === 'score' && padTokenId !== null) return scoreModel(model);
  return scoreModel(model, { padTokenId: tokenizerPadding(model) });
}

function tokenizerPadding(model: OpenModel): number | null {
  try {
    return tokenizerOf(model).padTokenId ?? null;
  } catch (error) {
    if (error instanceof AttuneError) return null;
    throw error;
  }
}
