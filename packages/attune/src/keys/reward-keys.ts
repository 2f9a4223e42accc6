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

/** The keys of RewardConfig, ModelConfig and ScriptArguments that act here; names and defaults are TRL's. */
export const rewardKeys: readonly Option[] = [
  ...modelKeys,
  ...fileKeys,
  ...rows('Data', [
    [
      'max_length',
      'integer',
      'Rows are left out where either answer, prompt included, has more tokens.',
      { default: 1024, nullable: true, least: 1 },
    ],
  ]),
  ...orderKeys,
  ...runKeys,
  ...rows('Training', [
    [
      'center_rewards_coefficient',
      'number',
      'Weight of (chosen + rejected)², which holds rewards around 0; 0.01 is usual.',
      { nullable: true, least: 0 },
    ],
    ['disable_dropout', 'flag', "Nothing is dropped, LoRA's input neither.", { default: true }],
  ]),
  ...withDefaults(optimizerKeys, { learning_rate: 1e-4 }),
  ...loraKeys,
  ...rows('LoRA', [
    [
      'lora_task_type',
      'text',
      'SEQ_CLS trains the score head too and saves it with the adapter.',
      { choices: ['SEQ_CLS', 'CAUSAL_LM'], default: 'SEQ_CLS' },
    ],
  ]),
  ...logKeys,
];
