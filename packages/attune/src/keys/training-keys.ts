import { schedulerTypes } from '@attune/optim';
import type { Option } from '../command-line/option.ts';

type Row = readonly [name: string, kind: Option['kind'], help: string, more?: Partial<Option>];

/** Keys under one heading of `--help`, a line each. */
export const rows = (group: string, list: readonly Row[]): Option[] =>
  list.map(([name, kind, help, more]) => ({ name, kind, group, help, ...more }));

/** Keys of another trainer with its own defaults. */
export const withDefaults = (
  keys: readonly Option[],
  defaults: Readonly<Record<string, unknown>>,
): Option[] =>
  keys.map((key) => (key.name in defaults ? { ...key, default: defaults[key.name] } : key));

/** Which rows: the same for every trainer. */
export const fileKeys: readonly Option[] = rows('Data', [
  ['datasets', 'json', 'Recipe only: a list of {path: json, data_files: FILE, split: train}.'],
  ['dataset_name', 'text', 'The training data: JSONL, JSON, CSV or Parquet.'],
  ['eval_dataset', 'text', 'Held-out rows: a file as for dataset_name.'],
  ['dataset_train_split', 'text', 'The split that is trained on.', { default: 'train' }],
  ['dataset_test_split', 'text', 'The split that is held out.', { default: 'test' }],
  [
    'test_split_size',
    'number',
    'Rows held out of the data, or a share of them below 1.',
    { nullable: true, least: 0 },
  ],
]);

/** In which order. */
export const orderKeys: readonly Option[] = rows('Data', [
  [
    'train_sampling_strategy',
    'text',
    'The order of rows.',
    { choices: ['random', 'sequential'], default: 'random' },
  ],
  ['dataloader_drop_last', 'flag', 'Leaves out a last batch that is not full.', { default: false }],
]);

export const runKeys: readonly Option[] = rows('Training', [
  ['output_dir', 'text', 'Where the result goes.'],
  [
    'resume_from_checkpoint',
    'text',
    'A checkpoint folder, or true for the last one in output_dir.',
    { nullable: true },
  ],
  ['num_train_epochs', 'number', 'Passes over the data.', { default: 3, least: 0 }],
  [
    'max_steps',
    'integer',
    'Optimizer steps; wins over num_train_epochs when above 0.',
    { default: -1 },
  ],
  ['per_device_train_batch_size', 'integer', 'Rows of a micro-batch.', { default: 8, least: 1 }],
  [
    'per_device_eval_batch_size',
    'integer',
    'Rows of an evaluation batch.',
    { default: 8, least: 1 },
  ],
  ['gradient_accumulation_steps', 'integer', 'Micro-batches of a step.', { default: 1, least: 1 }],
  [
    'gradient_checkpointing',
    'flag',
    'Computes activations again for the gradient: less memory, a third more time.',
    { default: true },
  ],
  ['seed', 'integer', 'Seed of everything random.', { default: 42, least: 0 }],
  [
    'data_seed',
    'integer',
    'Seed of the order of rows. Default: seed.',
    { nullable: true, least: 0 },
  ],
]);

export const optimizerKeys: readonly Option[] = rows('Optimizer', [
  ['learning_rate', 'number', 'The highest learning rate.', { default: 2e-5, least: 0 }],
  [
    'lr_scheduler_type',
    'text',
    'How the rate changes.',
    { choices: schedulerTypes, default: 'linear' },
  ],
  ['lr_scheduler_kwargs', 'json', 'Further settings of the schedule.', { nullable: true }],
  [
    'warmup_steps',
    'number',
    'Steps in which the rate rises; below 1, a share of all.',
    { default: 0, least: 0 },
  ],
  [
    'optim',
    'text',
    'The optimizer: AdamW.',
    { choices: ['adamw_torch', 'adamw_torch_fused'], default: 'adamw_torch' },
  ],
  ['weight_decay', 'number', 'Decoupled weight decay of matrices.', { default: 0, least: 0 }],
  ['adam_beta1', 'number', 'Decay of the first moment.', { default: 0.9, least: 0 }],
  ['adam_beta2', 'number', 'Decay of the second moment.', { default: 0.999, least: 0 }],
  ['adam_epsilon', 'number', "AdamW's epsilon.", { default: 1e-8, least: 0 }],
  [
    'max_grad_norm',
    'number',
    'Gradients are clipped to this norm; 0: not at all.',
    { default: 1, least: 0 },
  ],
]);

export const loraKeys: readonly Option[] = rows('LoRA', [
  ['use_peft', 'flag', 'Trains a LoRA adapter in place of all parameters.', { default: false }],
  ['lora_r', 'integer', 'Rank.', { default: 16, least: 1 }],
  ['lora_alpha', 'number', 'The update is scaled by alpha / rank.', { default: 32 }],
  ['lora_dropout', 'number', 'Dropout before A.', { default: 0.05, least: 0 }],
  [
    'lora_target_modules',
    'list',
    'Names, suffixes or a pattern of layers, or all-linear. Default: q_proj v_proj.',
    { nullable: true },
  ],
  [
    'lora_modules_to_save',
    'list',
    'Modules trained whole and saved with the adapter.',
    { nullable: true },
  ],
  ['use_rslora', 'flag', 'Scales by alpha / √rank.', { default: false }],
]);

export const logKeys: readonly Option[] = rows('Logging and saving', [
  ['logging_steps', 'number', 'Logs every so many steps.', { default: 10, least: 0 }],
  ['logging_first_step', 'flag', 'Logs the first step too.', { default: false }],
  ['logging_strategy', 'text', 'When to log.', { choices: ['no', 'steps'], default: 'steps' }],
  [
    'eval_strategy',
    'text',
    'When to evaluate on held-out rows.',
    { choices: ['no', 'steps', 'epoch'], default: 'no' },
  ],
  [
    'eval_steps',
    'number',
    'Evaluates every so many steps. Default: logging_steps.',
    { nullable: true },
  ],
  ['eval_on_start', 'flag', 'Evaluates before the first step.', { default: false }],
  [
    'save_strategy',
    'text',
    'When to save a checkpoint.',
    { choices: ['no', 'steps', 'epoch'], default: 'steps' },
  ],
  ['save_steps', 'number', 'Saves every so many steps.', { default: 500, least: 0 }],
  [
    'save_total_limit',
    'integer',
    'Keeps only the newest so many checkpoints.',
    { nullable: true, least: 1 },
  ],
  ['report_to', 'list', 'tensorboard, none or all. Default: tensorboard.', { nullable: true }],
]);
