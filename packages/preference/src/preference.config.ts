import {
  flag,
  group,
  integer,
  joinOtherKeys,
  type NotDone,
  number,
  type OtherKeys,
  withDefaults,
} from '@attune/config';
import { trainingConfig, trlKeys } from '@attune/trainer';

/** The arguments that all preference trainers share; names and defaults are TRL's. */
export const preferenceConfig = {
  ...group('Data', {
    maxLength: integer(
      1024 as number | null,
      'Tokens kept of prompt and completion together, from the start (null: all of them).',
      { nullable: true, min: 1, memory: true },
    ),
  }),
  ...withDefaults(trainingConfig, { learningRate: 1e-6 }),
  ...group('Training', {
    disableDropout: flag(true, 'Turns dropout off, that of LoRA too.'),
  }),
};

/** The same of ORPO and CPO: without a max_length TRL cuts their rows at 512 tokens. */
export const referenceFreeConfig = {
  ...preferenceConfig,
  maxLength: {
    ...preferenceConfig.maxLength,
    help: 'Tokens kept of prompt and completion together, from the start (null: 512).',
  },
};

/** The KL coefficient of losses with a reference model. */
export const klCoefficient = number(
  0.1,
  'KL coefficient β: the greater it is, the closer the policy stays to the reference model.',
  { above: 0 },
);

const noSampling: NotDone = {
  default: false,
  why: 'completions are not sampled while a run evaluates',
  remedy: 'Leave it out, and sample from a checkpoint with attune generate.',
};

const noEncoder = (standard: unknown): NotDone => ({
  default: standard,
  why: 'models of an encoder and a decoder are not trained here',
  remedy: 'Leave it out: max_length bounds prompt and completion together.',
});

/** TRL's keys of ORPOConfig and CPOConfig that are none here. */
export const referenceFreeTrlKeys: OtherKeys = joinOtherKeys(trlKeys, {
  withoutEffect: { padding_value: null },
  notDone: {
    generate_during_eval: noSampling,
    is_encoder_decoder: noEncoder(null),
    max_completion_length: noEncoder(null),
  },
});
