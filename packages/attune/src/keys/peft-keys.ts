import type { Option } from '../command-line/option.ts';
import { rows } from './training-keys.ts';

/** Ways to tune beside LoRA. The keys are those of PEFT's configurations. */
export const peftKeys: readonly Option[] = rows('Other ways to tune', [
  [
    'peft_type',
    'text',
    'What trains: LORA (as use_peft), the biases of the model, or virtual tokens before every text.',
    {
      choices: ['LORA', 'BITFIT', 'PREFIX_TUNING', 'PROMPT_TUNING', 'P_TUNING'],
      nullable: true,
    },
  ],
  [
    'add_biases',
    'flag',
    'BitFit: gives linear layers without a bias one of zero to train (llama models).',
    { default: false },
  ],
  [
    'num_virtual_tokens',
    'integer',
    'Virtual tokens of Prefix Tuning, Prompt Tuning and P-Tuning.',
    { nullable: true, least: 1 },
  ],
  [
    'prefix_projection',
    'flag',
    'Prefix Tuning: a small network makes keys and values.',
    { default: false },
  ],
  [
    'init_weights',
    'text',
    'Prefix Tuning: zero, for keys and values of zero. Bottleneck: how its matrices are drawn.',
    { choices: ['zero', 'bert', 'mam_adapter', 'houlsby'], nullable: true },
  ],
  [
    'encoder_hidden_size',
    'integer',
    'Width of the network that makes virtual tokens. Default: that of what it makes for a layer.',
    { nullable: true, least: 1 },
  ],
  [
    'encoder_reparameterization_type',
    'text',
    'P-Tuning: the network that makes virtual tokens.',
    { choices: ['MLP', 'LSTM'], default: 'MLP' },
  ],
  ['encoder_num_layers', 'integer', 'P-Tuning: layers of the LSTM.', { default: 2, least: 1 }],
  ['encoder_dropout', 'number', 'P-Tuning: 0 for an LSTM.', { default: 0, least: 0 }],
  [
    'prompt_tuning_init',
    'text',
    'Prompt Tuning: normal numbers, tokens of the vocabulary, or those of a text.',
    { choices: ['RANDOM', 'SAMPLE_VOCAB', 'TEXT'], default: 'RANDOM' },
  ],
  ['prompt_tuning_init_text', 'text', 'Prompt Tuning: the text, for TEXT.', { nullable: true }],
  [
    'tokenizer_name_or_path',
    'text',
    "Prompt Tuning: whose tokenizer reads the text. Default: the model's.",
    { nullable: true },
  ],
  [
    'adapter_config',
    'text',
    "Bottleneck adapters, by AdapterHub's name: Houlsby, Pfeiffer, parallel.",
    { choices: ['double_seq_bn', 'seq_bn', 'par_bn'], nullable: true },
  ],
  ['adapter_name', 'text', 'Bottleneck: its name in the files.', { default: 'attune' }],
  [
    'reduction_factor',
    'number',
    "Bottleneck: the model's width over that of the bottleneck.",
    { nullable: true, least: 0 },
  ],
  [
    'non_linearity',
    'text',
    'Bottleneck: the function inside.',
    { choices: ['relu', 'swish', 'silu', 'gelu', 'gelu_new', 'tanh'], nullable: true },
  ],
  ['scaling', 'number', 'Bottleneck: multiplies what it adds.', { nullable: true }],
  ['ln_before', 'flag', 'Bottleneck: a layer norm before it.', { nullable: true }],
  ['ln_after', 'flag', 'Bottleneck: a layer norm after it.', { nullable: true }],
  ['leave_out', 'list', 'Bottleneck: layers without one.', { nullable: true }],
]);
