import { blueprintOf, type ModelConfig } from '@attune/model';

/** The output layer of a language model over its vocabulary. */
export const outputTensor = 'lm_head.weight';

/** The embedding table [vocabulary, hidden], which a tied output layer is too. */
export const tableTensor = (config: ModelConfig): string =>
  `${blueprintOf(config).tokens.path}.weight`;
