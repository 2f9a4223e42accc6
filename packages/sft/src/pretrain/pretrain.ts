import { type Algorithm, algorithm } from '@attune/trainer';
import { SFTTrainer, type SFTTrainerOptions, sft } from '../sft/sft.ts';
import { pretrainConfig } from './pretrain.config.ts';

/** Next-token prediction on text: SFTTrainer, from fresh weights where the model has none. */
export const pretrain: Algorithm<typeof pretrainConfig, SFTTrainerOptions> = algorithm({
  ...sft,
  name: 'pretrain',
  order: 10,
  summary: 'Trains a model on plain text, from scratch or further.',
  description:
    'Next-token prediction on text. A model folder with config.json and tokenizer but no weights starts from scratch, as does --from_scratch; a model with weights is trained further.',
  example: `attune pretrain --model_name_or_path my-model --dataset_name corpus.jsonl --packing \\
  --packing_strategy wrapped --max_length 256 --learning_rate 4e-3 --output_dir pretrained`,
  papers: [],
  config: pretrainConfig,
  create: (options) => SFTTrainer.create({ ...options, fromScratch: options.fromScratch ?? null }),
});
