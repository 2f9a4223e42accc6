import { integer, type OtherKeys } from '@attune/config';
import { notDone, peftOrigin } from '../settings.ts';

/** Keys that several kinds of virtual tokens share. */
export const numVirtualTokens = integer(
  undefined,
  'Virtual tokens before every text, of Prefix Tuning, Prompt Tuning and P-Tuning: 10 to 100 are usual.',
  { min: 1, memory: true },
);
export const encoderHiddenSize = integer(
  null,
  'Width of the network that makes virtual tokens (Prefix Tuning with prefix_projection, P-Tuning). Default: the width of what it makes for a layer.',
  { min: 1, memory: true },
);

/** The other keys of PEFT's prompt learning configurations. */
export const promptLearningOther: OtherKeys = {
  withoutEffect: { ...peftOrigin, num_layers: null, num_attention_heads: null, token_dim: null },
  notDone: {
    task_type: notDone(
      'CAUSAL_LM',
      'virtual tokens are for language models here',
      'Leave task_type out, or tune a reward model by LORA.',
    ),
    num_transformer_submodules: notDone(
      1,
      'models of two parts, an encoder and a decoder, do not run here',
      'Use an adapter of a model that has a decoder only.',
    ),
    modules_to_save: notDone(
      null,
      'no modules train beside virtual tokens here',
      'Leave modules_to_save out, or tune by LORA.',
    ),
  },
};
