import type { Option } from '../command-line/option.ts';
import { modelKeys } from './model-keys.ts';
import { peftKeys } from './peft-keys.ts';
import {
  fileKeys,
  logKeys,
  loraKeys,
  optimizerKeys,
  orderKeys,
  rows,
  runKeys,
} from './training-keys.ts';

const withSgd = (optim: Option): Option => ({
  ...optim,
  help: 'The optimizer: AdamW, or plain gradient descent without momentum.',
  choices: [...optim.choices!, 'sgd'],
});

/** The keys of SFTConfig, ModelConfig and ScriptArguments that act here; names and defaults are TRL's. */
export const sftKeys: readonly Option[] = [
  ...modelKeys,
  ...rows('Model', [
    [
      'from_scratch',
      'flag',
      'Starts from fresh weights of the initial distribution.',
      { default: false },
    ],
  ]),
  ...fileKeys,
  ...rows('Data', [
    ['dataset_text_field', 'text', 'The column of plain text.', { default: 'text' }],
    [
      'streaming',
      'flag',
      'Encodes rows as they are needed: for data larger than memory.',
      { default: false },
    ],
    ['dataset_streaming', 'flag', 'The same as streaming.', { default: false }],
    ['shuffle_dataset', 'flag', 'Shuffles the rows before packing.', { default: false }],
    [
      'max_length',
      'integer',
      'Tokens kept of a row, from its start.',
      { default: 1024, nullable: true, least: 1 },
    ],
    ['packing', 'flag', 'Packs several rows into one sequence.', { default: false }],
    [
      'packing_strategy',
      'text',
      'How rows are packed.',
      { choices: ['bfd', 'bfd_split', 'wrapped'], default: 'bfd' },
    ],
    [
      'eval_packing',
      'flag',
      'Packs the evaluation data too. Default: as packing.',
      { nullable: true },
    ],
    [
      'completion_only_loss',
      'flag',
      'Trains the completion only. Default: where rows have prompt and completion.',
      { nullable: true },
    ],
    ['assistant_only_loss', 'flag', 'Trains only what the assistant says.', { default: false }],
  ]),
  ...orderKeys,
  ...runKeys,
  ...rows('Training', [
    [
      'loss_type',
      'text',
      'The loss.',
      { choices: ['nll', 'chunked_nll', 'dft'], default: 'chunked_nll' },
    ],
  ]),
  ...optimizerKeys.map((key) => (key.name === 'optim' ? withSgd(key) : key)),
  ...loraKeys,
  ...peftKeys,
  ...logKeys,
];
