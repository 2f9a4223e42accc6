import type { Config, OtherKeys, SettingsOf } from '@attune/config';
import type { OpenModel } from '@attune/model';
import { Tokenizer } from '@attune/tokenizer';
import type { ModelParts, TuningMethod } from './method.ts';

/** What a kind of tuning may look at of the model: an opened one has all of it. */
export type TunedParts = ModelParts &
  Partial<Pick<OpenModel, 'tokenizer' | 'generationConfig' | 'files'>>;

/** The model's own tokenizer, where it came with one. @throws AttuneError those of the tokenizer */
export function tokenizerOf(model: TunedParts): Tokenizer | undefined {
  const { tokenizer, generationConfig } = model;
  return (
    tokenizer && Tokenizer.from({ ...tokenizer, ...(generationConfig && { generationConfig }) })
  );
}

export interface TuningStart {
  /** Seed of what starts at random. Default 42. */
  readonly seed: number;
  /** The model's name as the user gave it. */
  readonly modelName?: string;
  /** Reads the text that virtual tokens start from. Default: the tokenizer that came with the model. */
  readonly tokenizer?: Tokenizer;
}

/**
 * A kind of tuning as a folder of this package declares it: its keys, once; the method that they make; and the files
 * that it reads. `methods.ts` lists them all, and nothing else compares their names.
 */
export interface TuningKind<C extends Config = Config> {
  /** PEFT's `peft_type`. */
  readonly peftType: string;
  /** Its name in prose. */
  readonly title: string;
  /** The keys that act, in camelCase: PEFT's, or AdapterHub's. A key without a default has to be given. */
  readonly config: C;
  /** The other keys of the same configuration, which must be at their default, or have no effect. */
  readonly other: OtherKeys;
  /** The key of a recipe that chooses this kind by being set, beside `peft_type`. */
  readonly chosenBy?: string;
  /** Keys of `config` of more than one form, as a recipe or the command line can say them. */
  readonly flat?: Config;
  /** TRL's flat keys for it, with TRL's defaults, and which of them stands for each key of `config`. */
  readonly trl?: { readonly keys: Config; readonly names: Readonly<Record<string, string>> };
  /** Defaults that depend on what is given, such as those of a preset. */
  defaults?(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** A method that begins anew. @throws AttuneError `bad-value` and those of the method */
  create(settings: SettingsOf<C>, model: TunedParts, start: TuningStart): TuningMethod;
  /** The files that it leaves and reads. */
  readonly files: KindFiles;
}

export interface KindFiles {
  /** Whether the files in a folder are of this kind: by their names, and by adapter_config.json where it is there. */
  own(names: ReadonlySet<string>, config: Readonly<Record<string, unknown>> | undefined): boolean;
  /** The file of its weights. */
  readonly weights: string;
  /** A file that may lie beside. */
  readonly beside?: string;
  /** Whether the adapter brings the score head of a reward model. */
  bringsScoreHead?(config: Readonly<Record<string, unknown>>): boolean;
  /** The method and its values. @throws AttuneError those of the reader */
  read(model: TunedParts, files: AdapterFiles): ReadAdapter;
}

/** Tensors of a file in float32, by the file's names. */
export type FileTensors = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array }
>;

/** An adapter as it lies on disk: its config as JSON ({} where it has none), and every tensor by file key. */
export interface AdapterFiles {
  readonly config: Record<string, unknown>;
  readonly tensors: FileTensors;
  /** What made the virtual tokens, where its own file lies beside PEFT's. */
  readonly encoder?: FileTensors;
}

/** A method and the values of what it trains, by trained name. */
export interface ReadAdapter {
  readonly method: TuningMethod;
  readonly values: Map<string, Float32Array>;
  /** What training lacks to go on from these files; absent where nothing is missing. */
  readonly lacks?: string;
}
