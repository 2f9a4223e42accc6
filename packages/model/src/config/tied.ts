import type { ModelConfig } from './config.ts';
import { expectedTensors } from './parse.ts';

/** The output layer of a language model over its vocabulary. */
export const outputTensor = 'lm_head.weight';

/** The embedding table [vocabulary, hidden]: the first tensor that a config asks for. */
export function tableTensor(config: ModelConfig): string {
  const [table] = expectedTensors(config);
  return table!.name;
}
