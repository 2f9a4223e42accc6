import { grpoLosses } from '@attune/policy';
import type { Option } from '../command-line/option.ts';
import { ignoredKeys } from './ignored-keys.ts';
import { modelKeys } from './model-keys.ts';
import {
  fileKeys,
  logKeys,
  loraKeys,
  optimizerKeys,
  rows,
  runKeys,
  withDefaults,
} from './training-keys.ts';

type Rows = Parameters<typeof rows>[1];

const rewardRows: Rows = [
  [
    'reward_funcs',
    'list',
    'Functions that judge completions: think_format_reward, get_soft_overlong_punishment, or module.function: a function that module.mjs (or .js) of the working directory exports.',
    { nullable: true },
  ],
  [
    'reward_model_name_or_path',
    'text',
    'A trained judge: what attune reward left, a model folder or a hub id.',
    { nullable: true },
  ],
  ['reward_weights', 'list', 'What each of them weighs. Default: 1.', { nullable: true }],
];

const replayRows: Rows = [
  [
    'rollouts',
    'text',
    'Replays this JSONL file in place of sampling: rows of {prompt, completion, rewards}, token ids and a number (or null) a function.',
  ],
  [
    'rollout_batches',
    'text',
    'The micro-batches of a recording: JSON, a list of {rows}, row numbers from 0. Default: batches.json beside it, where there is one, else the order of its rows.',
  ],
];

const samplingRows: Rows = [
  [
    'max_completion_length',
    'integer',
    'Tokens of a completion at most.',
    { default: 512, least: 1 },
  ],
  ['temperature', 'number', 'Divides the logits, in training too.', { default: 1, least: 0 }],
  [
    'top_p',
    'number',
    'Keeps the fewest tokens of this probability together.',
    { default: 1, least: 0 },
  ],
  ['top_k', 'integer', 'Keeps the k likeliest tokens; 0: all.', { default: 0, least: 0 }],
  [
    'min_p',
    'number',
    "Keeps tokens of this share of the likeliest's probability.",
    { nullable: true, least: 0 },
  ],
  [
    'num_generations_eval',
    'integer',
    'Completions to a held-out prompt. Default: num_generations.',
    { nullable: true, least: 1 },
  ],
  ['shuffle_dataset', 'flag', 'A new order of prompts each epoch.', { default: true }],
  [
    'steps_per_generation',
    'integer',
    'Micro-batches sampled in one go. Default: gradient_accumulation_steps.',
    { nullable: true, least: 1 },
  ],
  [
    'generation_batch_size',
    'integer',
    'Completions sampled in one go, in place of steps_per_generation.',
    { nullable: true, least: 1 },
  ],
];

const policyRows = ({ beta, generations }: { beta: number; generations: number }): Rows => [
  [
    'num_generations',
    'integer',
    'Completions to a prompt: a group.',
    { default: generations, least: 1 },
  ],
  [
    'beta',
    'number',
    'What divergence from the reference model costs; 0: there is no reference.',
    { default: beta, least: 0 },
  ],
  ['num_iterations', 'integer', 'How often each round is gone through.', { default: 1, least: 1 }],
  ['epsilon', 'number', 'Ratios are clipped to 1 - epsilon …', { default: 0.2, least: 0 }],
  [
    'epsilon_high',
    'number',
    '… and 1 + epsilon_high. Default: epsilon.',
    { nullable: true, least: 0 },
  ],
  [
    'mask_truncated_completions',
    'flag',
    'Completions that were cut off train nothing.',
    { default: false },
  ],
  ['sync_ref_model', 'flag', 'The reference follows the policy (TR-DPO).', { default: false }],
  ['ref_model_mixup_alpha', 'number', 'By this share of the way.', { default: 0.6, least: 0 }],
  ['ref_model_sync_steps', 'integer', 'After every so many steps.', { default: 512, least: 1 }],
];

/** The keys of a policy trainer around its own; names and defaults are TRL's. */
const policyKeys = (shared: Rows, own: Rows): Option[] => [
  ...modelKeys,
  ...fileKeys,
  ...rows('Rewards', rewardRows),
  ...rows('Rollouts', [...samplingRows, ...replayRows]),
  ...runKeys,
  ...rows('Policy', [...shared, ...own]),
  ...rows('Training', [
    ['disable_dropout', 'flag', "Nothing is dropped, LoRA's input neither.", { default: false }],
  ]),
  ...withDefaults(optimizerKeys, { learning_rate: 1e-6 }),
  ...loraKeys,
  ...logKeys,
];

/** The keys of GRPOConfig, ModelConfig and GRPOScriptArguments that act here. */
export const grpoKeys: readonly Option[] = policyKeys(policyRows({ beta: 0, generations: 8 }), [
  [
    'loss_type',
    'text',
    'What is averaged over, and how ratios are held.',
    { choices: [...grpoLosses], default: 'dapo' },
  ],
  ['delta', 'number', 'Ratios of bad tokens are held below this.', { nullable: true, least: 0 }],
  [
    'scale_rewards',
    'text',
    'What advantages are divided by: the deviation of the group, of the round, or nothing.',
    { choices: ['group', 'batch', 'none', 'true', 'false'], default: 'group' },
  ],
  [
    'multi_objective_aggregation',
    'text',
    'Whether several rewards are normalised as a sum, or each by itself (GDPO).',
    { choices: ['sum_then_normalize', 'normalize_then_sum'], default: 'sum_then_normalize' },
  ],
  [
    'importance_sampling_level',
    'text',
    'Ratios of tokens, or of whole completions (GSPO).',
    { choices: ['token', 'sequence'], default: 'token' },
  ],
  [
    'use_bias_correction_kl',
    'flag',
    'The divergence from the reference is weighed by the ratio too.',
    { default: true },
  ],
  [
    'top_entropy_quantile',
    'number',
    'The share of tokens, the most uncertain ones, to learn from.',
    { default: 1, least: 0 },
  ],
  ['entropy_coef', 'number', 'What the mean entropy is worth in the loss.', { default: 0 }],
  ['use_adaptive_entropy', 'flag', 'The coefficient follows a target.', { default: false }],
  ['entropy_coef_min', 'number', 'Not below this.', { default: 0 }],
  ['entropy_coef_max', 'number', 'Not above this.', { default: 1 }],
  ['entropy_coef_delta', 'number', 'By so much a step.', { default: 0.005, least: 0 }],
  [
    'entropy_target',
    'number',
    'The entropy that is wanted, in nats a token.',
    { default: 0.2, least: 0 },
  ],
  [
    'off_policy_mask_threshold',
    'number',
    'Bad completions that have become less likely by more, in nats a token, train nothing.',
    { nullable: true, least: 0 },
  ],
  [
    'sapo_temperature_pos',
    'number',
    'How fast sapo lets go of good tokens.',
    { default: 1, least: 0 },
  ],
  ['sapo_temperature_neg', 'number', 'And of bad ones.', { default: 1.05, least: 0 }],
  [
    'vespo_k_pos',
    'number',
    "Exponent of vespo's weight of good completions.",
    { default: 2, least: 0 },
  ],
  ['vespo_lambda_pos', 'number', 'Its decay.', { default: 3, least: 0 }],
  ['vespo_k_neg', 'number', 'Exponent for bad ones.', { default: 3, least: 0 }],
  ['vespo_lambda_neg', 'number', 'Its decay.', { default: 2, least: 0 }],
]);

/** The keys of RLOOConfig, ModelConfig and RLOOScriptArguments that act here. */
export const rlooKeys: readonly Option[] = policyKeys(policyRows({ beta: 0.05, generations: 2 }), [
  [
    'normalize_advantages',
    'flag',
    'Advantages get mean 0 and deviation 1 over a round.',
    { default: false },
  ],
  ['reward_clip_range', 'list', 'Rewards are held within these two numbers.', { nullable: true }],
]);

/** Keys of TRL about vLLM, tools and other machinery of sampling that is not here. */
export const ignoredPolicyKeys: ReadonlySet<string> = new Set([
  ...ignoredKeys,
  ...`train_sampling_strategy dataloader_drop_last cast_lm_head_to_fp32 ds3_gather_for_generation
  cache_implementation use_vllm vllm_mode vllm_model_impl vllm_enable_sleep_mode vllm_server_base_url
  vllm_server_host vllm_server_port vllm_server_timeout vllm_group_port vllm_gpu_memory_utilization
  vllm_max_model_length vllm_tensor_parallel_size vllm_importance_sampling_correction
  vllm_importance_sampling_mode vllm_importance_sampling_clip_max vllm_importance_sampling_clip_min
  log_completions log_multimodal num_completions_to_print log_unique_prompts log_completions_hub_repo
  use_transformers_continuous_batching transformers_continuous_batching_config use_transformers_paged
  max_tool_calling_iterations`.split(/\s+/),
]);
