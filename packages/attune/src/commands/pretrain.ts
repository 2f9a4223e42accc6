import { stat } from 'node:fs/promises';
import {
  folderFromPath,
  freshWeights,
  type OpenModel,
  openModel,
  openTokenizer,
  parseConfig,
  readJson,
} from '@attune/model';
import type { Command } from '../command-line/command.ts';
import type { Values } from '../command-line/option.ts';
import type { Terminal } from '../command-line/terminal.ts';
import { ignoredKeys } from '../keys/ignored-keys.ts';
import { recipeKeys } from '../keys/recipe-keys.ts';
import { sftKeys } from '../keys/sft-keys.ts';
import { findModel } from '../session.ts';
import { trainSft } from '../training/sft.ts';

export const pretrain: Command = {
  name: 'pretrain',
  summary: 'Trains a model on plain text, from scratch or further.',
  description:
    'Next-token prediction on text. A model folder with config.json and tokenizer but no weights starts from scratch, as does --from_scratch; a model with weights is trained further.',
  example: `attune pretrain --model_name_or_path my-model --dataset_name corpus.jsonl --packing \\
  --packing_strategy wrapped --max_length 256 --learning_rate 4e-3 --output_dir pretrained`,
  options: [...recipeKeys, ...sftKeys],
  ignored: ignoredKeys,
  required: ['model_name_or_path', 'output_dir'],
  async run(values, context) {
    await trainSft(values, await startingModel(values, context.terminal), context);
  },
};

/** The model to start from: its own weights, or fresh ones. */
export async function startingModel(values: Values, terminal: Terminal): Promise<OpenModel> {
  const path = String(values.model_name_or_path);
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    const model = await findModel(values, terminal);
    return values.from_scratch === true ? fresh(model, values, terminal) : model;
  }
  const files = await folderFromPath(path);
  const names = await files.list();
  const hasWeights = names.some((name) => /\.(safetensors|gguf)$/i.test(name));
  if (hasWeights) {
    const model = await openModel(files);
    return values.from_scratch === true ? fresh(model, values, terminal) : model;
  }
  const rawConfig = await readJson(files, 'config.json');
  const tokenizer = await openTokenizer(files);
  const config = parseConfig(rawConfig, `${path}/config.json`);
  const model = { config, rawConfig, files, tokenizer };
  return fresh(model, values, terminal);
}

function fresh(model: Omit<OpenModel, 'weights'>, values: Values, terminal: Terminal): OpenModel {
  terminal.note(`From scratch: fresh weights of seed ${Number(values.seed)}.`);
  const { config, rawConfig, files, tokenizer, generationConfig } = model;
  const weights = freshWeights(config, Number(values.seed));
  return {
    config,
    rawConfig,
    files,
    tokenizer,
    weights,
    ...(generationConfig && { generationConfig }),
  };
}
