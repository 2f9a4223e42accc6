import type { ModelConfig } from '../config/config.ts';
import type { Fields } from '../config/fields.ts';
import type { GgufValue } from '../files/gguf-types.ts';
import type { Blueprint } from './blueprint.ts';

/**
 * A model family: one folder here whose module exports it as `family`. Nothing else names it: configs, weights,
 * GGUF files, decoder and tuning methods read what it says of itself.
 */
export interface Family {
  /** `model_type` in config.json. */
  readonly modelType: string;
  /** transformers' classes: with the output layer, and with a score head. */
  readonly classes: { readonly lm: string; readonly score: string };
  /** Reads config.json in the words of transformers 4 and 5, with their defaults where it is silent. */
  parse(fields: Fields): ModelConfig;
  blueprint(config: ModelConfig): Blueprint;
  /** Keys of config.json that give its linear layers biases, where it has such keys. */
  readonly biasKeys?: readonly string[];
  readonly gguf: GgufFamily;
}

/** What a GGUF file says beside the keys that all architectures have. */
export interface GgufFacts {
  /** The number under `ARCHITECTURE.KEY`. */
  number(key: string): number | undefined;
  has(tensor: string): boolean;
}

/** A family in llama.cpp's files. */
export interface GgufFamily {
  /** `general.architecture`. */
  readonly architecture: string;
  /** Whether a file of this architecture is of this family, where several share it. */
  claims?(facts: Pick<GgufFacts, 'number'>): boolean;
  /** The rows of q and k are interleaved: neighbours are rotated there, halves here. */
  readonly interleaved?: boolean;
  /** The family's config.json from the keys that all architectures give. */
  read?(facts: GgufFacts, common: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** Metadata beside the usual, under keys without the architecture. */
  write?(config: ModelConfig): Iterable<readonly [string, GgufValue]>;
  /** Why llama.cpp would compute something else, if it would. */
  lacks?(config: ModelConfig): string | undefined;
}
