import type { Option } from '../command-line/option.ts';
import { rows } from './training-keys.ts';

/** Ways to tune beside LoRA. The keys are those of PEFT's configurations. */
export const peftKeys: readonly Option[] = rows('Other ways to tune', [
  [
    'peft_type',
    'text',
    'What trains: LORA (as use_peft), or BITFIT: the biases of the model.',
    { choices: ['LORA', 'BITFIT'], nullable: true },
  ],
  [
    'add_biases',
    'flag',
    'BitFit: gives linear layers without a bias one of zero to train (llama models).',
    { default: false },
  ],
]);
