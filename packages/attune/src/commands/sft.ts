import type { Command } from '../command-line/command.ts';
import { ignoredKeys } from '../keys/ignored-keys.ts';
import { sftKeys } from '../keys/sft-keys.ts';
import { runSft } from '../training/run-sft.ts';

const training = {
  options: sftKeys,
  ignored: ignoredKeys,
  required: ['model_name_or_path', 'output_dir'],
  run: runSft,
} as const;

/** `attune sft`: supervised fine-tuning, of all parameters or with LoRA. */
export const sft: Command = {
  ...training,
  name: 'sft',
  summary: 'Fine-tunes a model on texts, prompts with completions, or chats.',
  description: 'Takes the recipes of trl sft. The output folder gets what TRL leaves there.',
  example:
    'attune sft --model_name_or_path M --dataset_name rows.jsonl --use_peft --lora_target_modules all-linear --learning_rate 2e-4 --output_dir out',
};

/** `attune pretrain`: the same objective on plain text, from fresh weights with --from_scratch. */
export const pretrain: Command = {
  ...training,
  name: 'pretrain',
  summary: 'Trains a model on plain text, from scratch or a little further.',
  description: 'Takes the keys of sft. With --from_scratch only the config and the tokenizer of the model are used.',
  example:
    'attune pretrain --model_name_or_path M --from_scratch --dataset_name text.jsonl --packing --packing_strategy wrapped --max_length 256 --output_dir out',
};
