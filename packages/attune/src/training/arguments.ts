import type { DatasetOptions } from '@attune/data';
import type { GRPOArguments, RLOOArguments } from '@attune/policy';
import type { CPOArguments, DPOArguments, KTOArguments, ORPOArguments } from '@attune/preference';
import type { RewardArguments } from '@attune/reward';
import type { SFTArguments } from '@attune/sft';
import type { RunSchedule } from '@attune/trainer';
import { usageError, type Values } from '../command-line/option.ts';

/** Keys that every trainer reads. */
const trainerKeys = [
  'seed',
  'data_seed',
  'max_steps',
  'num_train_epochs',
  'gradient_accumulation_steps',
  'per_device_train_batch_size',
  'per_device_eval_batch_size',
  'train_sampling_strategy',
  'dataloader_drop_last',
  'gradient_checkpointing',
  'learning_rate',
  'lr_scheduler_type',
  'warmup_steps',
  'weight_decay',
  'adam_beta1',
  'adam_beta2',
  'adam_epsilon',
  'max_grad_norm',
];

/** What a trainer takes of a recipe: the keys of all trainers, and its own. */
export function trainerArguments(values: Values, own: readonly string[]): Record<string, unknown> {
  return {
    ...only(values, [...trainerKeys, ...own]),
    lrSchedulerKwargs: camelKeys(values.lr_scheduler_kwargs),
  };
}

/** The recipe's keys as SFTTrainer takes them. */
export function sftArguments(values: Values): SFTArguments {
  const sgd = values.optim === 'sgd' && { optimizer: 'sgd' };
  return { ...trainerArguments(values, ['loss_type']), ...sgd } as unknown as SFTArguments;
}

/** The recipe's keys as RewardTrainer takes them. */
export function rewardArguments(values: Values): RewardArguments {
  const own = ['center_rewards_coefficient', 'disable_dropout'];
  return trainerArguments(values, own) as unknown as RewardArguments;
}

/** The recipe's keys as DPOTrainer takes them. */
export function dpoArguments(values: Values): DPOArguments {
  return {
    ...trainerArguments(values, [
      ...referenceKeys,
      'loss_type',
      'beta',
      'label_smoothing',
      'f_divergence_type',
      'f_alpha_divergence_coef',
      'discopop_tau',
      'ld_alpha',
      'use_weighting',
    ]),
    lossWeights: (values.loss_weights as string[] | null | undefined)?.map(Number) ?? null,
  } as unknown as DPOArguments;
}

/** The recipe's keys as KTOTrainer takes them. */
export function ktoArguments(values: Values): KTOArguments {
  const own = ['loss_type', 'beta', 'desirable_weight', 'undesirable_weight'];
  return trainerArguments(values, [...referenceKeys, ...own]) as unknown as KTOArguments;
}

/** The recipe's keys as ORPOTrainer takes them. */
export function orpoArguments(values: Values): ORPOArguments {
  return trainerArguments(values, ['disable_dropout', 'beta']) as unknown as ORPOArguments;
}

/** The recipe's keys as CPOTrainer takes them. */
export function cpoArguments(values: Values): CPOArguments {
  const own = ['loss_type', 'beta', 'label_smoothing', 'cpo_alpha', 'simpo_gamma', 'alpha'];
  return trainerArguments(values, ['disable_dropout', ...own]) as unknown as CPOArguments;
}

/** Keys that GRPO and RLOO share. */
const policyKeys = [
  'disable_dropout',
  'num_generations',
  'num_generations_eval',
  'max_completion_length',
  'temperature',
  'num_iterations',
  'steps_per_generation',
  'generation_batch_size',
  'beta',
  'epsilon',
  'epsilon_high',
  'mask_truncated_completions',
  'sync_ref_model',
  'ref_model_mixup_alpha',
  'ref_model_sync_steps',
];

/** A list of numbers, where one is given. @throws AttuneError `bad-value` */
export function numbers(values: Values, key: string): number[] | null {
  const list = values[key] as string[] | null | undefined;
  if (list == null) return null;
  const found = list.map(Number);
  if (!found.some(Number.isNaN)) return found;
  throw usageError('bad-value', `${key} is ${list.join(', ')}.`, 'Give numbers.');
}

/** The recipe's keys as GRPOTrainer takes them. */
export function grpoArguments(values: Values): GRPOArguments {
  const scale = String(values.scale_rewards);
  return {
    ...trainerArguments(values, [
      ...policyKeys,
      'loss_type',
      'delta',
      'multi_objective_aggregation',
      'importance_sampling_level',
      'use_bias_correction_kl',
      'top_entropy_quantile',
      'entropy_coef',
      'use_adaptive_entropy',
      'entropy_coef_min',
      'entropy_coef_max',
      'entropy_coef_delta',
      'entropy_target',
      'off_policy_mask_threshold',
      'sapo_temperature_pos',
      'sapo_temperature_neg',
      'vespo_k_pos',
      'vespo_lambda_pos',
      'vespo_k_neg',
      'vespo_lambda_neg',
    ]),
    // TRL's older recipes say true and false.
    scaleRewards: ({ true: 'group', false: 'none' } as Record<string, string>)[scale] ?? scale,
    rewardWeights: numbers(values, 'reward_weights'),
  } as unknown as GRPOArguments;
}

/** The recipe's keys as RLOOTrainer takes them. */
export function rlooArguments(values: Values): RLOOArguments {
  const range = numbers(values, 'reward_clip_range');
  if (range && range.length !== 2) {
    throw usageError('bad-value', `reward_clip_range has ${range.length} numbers.`, 'Give two.');
  }
  return {
    ...trainerArguments(values, [...policyKeys, 'normalize_advantages']),
    rewardWeights: numbers(values, 'reward_weights'),
    rewardClipRange: range,
  } as unknown as RLOOArguments;
}

const referenceKeys = [
  'disable_dropout',
  'precompute_ref_log_probs',
  'precompute_ref_batch_size',
  'sync_ref_model',
  'ref_model_mixup_alpha',
  'ref_model_sync_steps',
];

export function runSchedule(values: Values): RunSchedule {
  const schedule = only(values, [
    'logging_steps',
    'logging_first_step',
    'eval_strategy',
    'eval_steps',
    'save_strategy',
    'save_steps',
  ]) as unknown as RunSchedule;
  const silent = values.logging_strategy === 'no';
  return silent
    ? { ...schedule, loggingSteps: Number.MAX_SAFE_INTEGER, loggingFirstStep: false }
    : schedule;
}

export function datasetOptions(values: Values): DatasetOptions {
  const { shuffle_dataset: shuffleDataset, ...rest } = values;
  return {
    ...only(rest, [
      'max_length',
      'packing',
      'packing_strategy',
      'completion_only_loss',
      'assistant_only_loss',
      'dataset_text_field',
      'seed',
    ]),
    ...(shuffleDataset === true && { shuffleDataset: true }),
  } as DatasetOptions;
}

function only(values: Values, keys: readonly string[]): Record<string, unknown> {
  const found = keys.filter((key) => values[key] !== undefined);
  return Object.fromEntries(found.map((key) => [camel(key), values[key]]));
}

function camelKeys(value: unknown): Record<string, unknown> | null {
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [camel(key), v]));
}

const camel = (key: string) => key.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
