import type { ModelConfig } from '../config/config.ts';
import { blueprintOf } from '../families/families.ts';
import type { WeightSource } from './weights.ts';

const outputName = 'lm_head.weight';

export interface TiedParts {
  readonly config: ModelConfig;
  readonly rawConfig: Record<string, unknown>;
  readonly weights: WeightSource;
}

/**
 * What a config that ties the output layer to the embedding table means beside these weights, by the rule of
 * transformers 5: where the file has both and they differ, they are two, whatever the config says; where it has the
 * output layer alone, that is the table too.
 */
export async function tiedAsStored({ config, rawConfig, weights }: TiedParts): Promise<TiedParts> {
  if (!config.tieWordEmbeddings || config.head !== 'lm' || !weights.has(outputName)) {
    return { config, rawConfig, weights };
  }
  const table = `${blueprintOf(config).tokens.path}.weight`;
  if (!weights.has(table)) return { config, rawConfig, weights: renamed(weights, table) };
  if (await isSame(weights, table)) return { config, rawConfig, weights };
  return {
    config: { ...config, tieWordEmbeddings: false },
    rawConfig: { ...rawConfig, tie_word_embeddings: false },
    weights,
  };
}

async function isSame(weights: WeightSource, table: string): Promise<boolean> {
  const [one, two] = [weights.info(table), weights.info(outputName)];
  if (String(one.shape) !== String(two.shape)) return false;
  if (one.dtype === two.dtype) {
    const [a, b] = [await weights.raw(table), await weights.raw(outputName)];
    return a.length === b.length && a.every((byte, i) => byte === b[i]);
  }
  const [a, b] = [await weights.float32(table), await weights.float32(outputName)];
  return a.every((value, i) => value === b[i]);
}

/** The weights with the output layer under the table's name too. */
function renamed(weights: WeightSource, table: string): WeightSource {
  const from = (name: string) => (name === table ? outputName : name);
  return {
    names: () => [table, ...weights.names()],
    has: (name) => weights.has(from(name)),
    info: (name) => weights.info(from(name)),
    float32: (name) => weights.float32(from(name)),
    raw: (name) => weights.raw(from(name)),
  };
}
