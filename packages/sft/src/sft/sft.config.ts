import { choice, flag, group, integer, type SettingsOf, text } from '@attune/config';
import { trainingConfig } from '@attune/trainer';

/** The arguments of SFTTrainer; names and defaults are those of TRL's SFTConfig. */
export const sftConfig = {
  ...group('Data', {
    datasetTextField: text('text', 'Column that plain text is read from.'),
    shuffleDataset: flag(false, 'Shuffles the rows once, before they are packed.'),
    maxLength: integer(
      1024 as number | null,
      'Tokens kept of a row, from its start (null: all of them).',
      { nullable: true, min: 1, memory: true },
    ),
    packing: flag(false, 'Packs several rows into one sequence of max_length.', { memory: true }),
    packingStrategy: choice(
      'bfd',
      ['bfd', 'bfd_split', 'wrapped'],
      'How packing fills sequences: best fit, best fit with long rows split, or one running text.',
    ),
    evalPacking: flag(null, 'Packs the held-out rows too (null: as packing).', { resume: false }),
    completionOnlyLoss: flag(
      null,
      'Trains the completion only (null: where rows have prompt and completion).',
    ),
    assistantOnlyLoss: flag(
      false,
      "Trains only what the assistant says, by the chat template's generation blocks.",
    ),
  }),
  ...trainingConfig,
  ...group('Training', {
    lossType: choice(
      'nll',
      ['nll', 'chunked_nll', 'dft'],
      'Loss: nll and chunked_nll are the mean negative log-likelihood; dft weighs each token by its probability.',
    ),
  }),
};

export type SFTSettings = SettingsOf<typeof sftConfig>;
