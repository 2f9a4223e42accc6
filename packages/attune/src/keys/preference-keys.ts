import { cpoLosses, dpoLosses, ktoLosses } from '@attune/kernels';
import type { Option } from '../command-line/option.ts';
import { modelKeys } from './model-keys.ts';
import {
  fileKeys,
  logKeys,
  loraKeys,
  optimizerKeys,
  orderKeys,
  rows,
  runKeys,
  withDefaults,
} from './training-keys.ts';

/** The keys of a preference trainer around its own; names and defaults are TRL's. */
const preferenceKeys = (
  own: Parameters<typeof rows>[1],
  defaults: Readonly<Record<string, unknown>> = {},
): Option[] => [
  ...modelKeys,
  ...fileKeys,
  ...rows('Data', [
    [
      'max_length',
      'integer',
      'Tokens kept of prompt and answer together, from the start.',
      { default: 1024, nullable: true, least: 1 },
    ],
  ]),
  ...withDefaults(orderKeys, defaults),
  ...runKeys,
  ...rows('Preference', own),
  ...rows('Training', [
    ['disable_dropout', 'flag', "Nothing is dropped, LoRA's input neither.", { default: true }],
  ]),
  ...withDefaults(optimizerKeys, { learning_rate: 1e-6 }),
  ...loraKeys,
  ...logKeys,
];

const beta = (help: string): Parameters<typeof rows>[1][number] => [
  'beta',
  'number',
  help,
  { default: 0.1, least: 0 },
];

const hold = beta('Strength of the hold on the reference model.');

const labelSmoothing: Parameters<typeof rows>[1][number] = [
  'label_smoothing',
  'number',
  'The share of labels taken to be wrong, for losses that know it.',
  { default: 0, least: 0 },
];

const referenceKeys: Parameters<typeof rows>[1] = [
  [
    'precompute_ref_log_probs',
    'flag',
    'The reference judges all rows once, before training; its judgement is kept for later runs.',
    { default: false },
  ],
  [
    'precompute_ref_batch_size',
    'integer',
    'Rows of a batch then. Default: per_device_train_batch_size.',
    { nullable: true, least: 1 },
  ],
  ['sync_ref_model', 'flag', 'The reference follows the policy (TR-DPO).', { default: false }],
  ['ref_model_mixup_alpha', 'number', 'By this share of the way.', { default: 0.6, least: 0 }],
  ['ref_model_sync_steps', 'integer', 'After every so many steps.', { default: 512, least: 1 }],
];

/** The keys of DPOConfig, ModelConfig and ScriptArguments that act here. */
export const dpoKeys: readonly Option[] = preferenceKeys([
  [
    'loss_type',
    'list',
    `One loss or several: ${Object.keys(dpoLosses).join(', ')}.`,
    { default: ['sigmoid'] },
  ],
  ['loss_weights', 'list', 'What each of several losses weighs. Default: 1.', { nullable: true }],
  hold,
  labelSmoothing,
  [
    'f_divergence_type',
    'text',
    'What holds the policy to the reference.',
    {
      choices: ['reverse_kl', 'forward_kl', 'js_divergence', 'alpha_divergence'],
      default: 'reverse_kl',
    },
  ],
  ['f_alpha_divergence_coef', 'number', 'The alpha of alpha_divergence.', { default: 0.5 }],
  ['discopop_tau', 'number', 'The temperature of discopop.', { default: 0.05, least: 0 }],
  [
    'ld_alpha',
    'number',
    'What tokens weigh beyond the length of the shorter answer, 0 to 1 (LD-DPO).',
    { nullable: true, least: 0 },
  ],
  [
    'use_weighting',
    'flag',
    'Pairs weigh by how likely the policy is to give them (WPO).',
    { default: false },
  ],
  ...referenceKeys,
]);

/** The keys of KTOConfig, ModelConfig and ScriptArguments that act here. */
export const ktoKeys: readonly Option[] = preferenceKeys(
  [
    ['loss_type', 'text', 'The loss.', { choices: Object.keys(ktoLosses), default: 'kto' }],
    hold,
    ['desirable_weight', 'number', 'Weight of wanted answers.', { default: 1, least: 0 }],
    ['undesirable_weight', 'number', 'Weight of unwanted answers.', { default: 1, least: 0 }],
    ...referenceKeys,
  ],
  { train_sampling_strategy: 'sequential' },
);

/** The keys of ORPOConfig, ModelConfig and ScriptArguments that act here. */
export const orpoKeys: readonly Option[] = preferenceKeys([
  beta('Weight of the odds ratio against the likelihood of the chosen answer.'),
]);

/** The keys of CPOConfig, ModelConfig and ScriptArguments that act here. */
export const cpoKeys: readonly Option[] = preferenceKeys([
  ['loss_type', 'text', 'The loss.', { choices: Object.keys(cpoLosses), default: 'sigmoid' }],
  beta('Scale of the difference of the log-probabilities.'),
  labelSmoothing,
  ['cpo_alpha', 'number', 'Weight of the likelihood of the chosen answer.', { default: 1 }],
  ['simpo_gamma', 'number', 'The lead that simpo asks of the chosen answer.', { default: 0.5 }],
  ['alpha', 'number', "AlphaPO's exponent; 0 for none.", { default: 0 }],
]);
