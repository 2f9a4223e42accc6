import type { ArgsOf, Config, OtherKeys } from '@attune/config';
import type { DatasetSource } from '@attune/data';
import type { DeviceChoice, Gpu } from '@attune/gpu';
import type { PeftConfig } from '@attune/peft';
import type { Tokenizer } from '@attune/tokenizer';
import type { AdapterSource } from './adapter.ts';
import type { TrainerCallbacks } from './callbacks.ts';
import type { DatasetChoice } from './find-dataset.ts';
import type { ModelSource } from './find-model.ts';
import type { OutputFolder } from './folder.ts';
import type { AnyTrainer } from './trainer.ts';

/** What a trainer is made from. Only `model` and `trainDataset` must be given. */
export interface TrainerOptions<C extends Config = Config> extends DatasetChoice {
  /** A hub id, a model folder or a GGUF file (paths: Node and Deno), or a model opened with `openModel`. */
  readonly model: ModelSource;
  /** Default: the one beside the model's weights. */
  readonly tokenizer?: Tokenizer;
  /** Rows, a file (its path, or a Blob), several files, a folder, a hub id, or an (async) iterable of rows. */
  readonly trainDataset: DatasetSource;
  /** Held-out rows, of the same kinds. */
  readonly evalDataset?: DatasetSource | undefined;
  /** Rows of `trainDataset` to hold out in place of `evalDataset`: a count, or a share below 1. */
  readonly testSplitSize?: number | null;
  /** What trains, in PEFT's names: `{ peftType: 'LORA', r: 8, targetModules: 'all-linear' }`. Default: all parameters. */
  readonly peftConfig?: PeftConfig | undefined;
  /** Folder of an adapter that training goes on with. */
  readonly adapter?: AdapterSource | undefined;
  /** TRL's arguments in camelCase; defaults are TRL's. */
  readonly args?: ArgsOf<C>;
  /** Default: one is found, and goes with the trainer. */
  readonly gpu?: Gpu | undefined;
  readonly device?: DeviceChoice | undefined;
  /** Branch, tag or commit of a hub id. */
  readonly revision?: string;
  /** Where logs, checkpoints and the result go. Default: the folder `args.outputDir` on disk, where it is set. */
  readonly output?: OutputFolder;
  /** Ends the run after the step under way; a checkpoint is saved where there is an output. */
  readonly signal?: AbortSignal;
  readonly callbacks?: TrainerCallbacks;
  /** Lines that a user should read, such as rows that were left out. Default: `console.warn`. */
  readonly log?: (line: string) => void;
  /** What is going on in longer work, as a line that replaces the one before. */
  readonly progress?: (line: string) => void;
}

/** The same where rows may be left out: algorithms that can be given their samples. */
export type SetupOptions<C extends Config = Config> = Omit<TrainerOptions<C>, 'trainDataset'> &
  Partial<Pick<TrainerOptions<C>, 'trainDataset'>>;

/** A paper that an algorithm comes from. */
export interface Paper {
  readonly title: string;
  readonly url: string;
}

/**
 * An algorithm as the command line, the site and the Studio see it: all that they know of it. `keys` are what recipes
 * name beside `config`; `optionsOf` turns their values into further options of the trainer.
 */
export interface Algorithm<
  C extends Config = Config,
  O extends SetupOptions<C> = TrainerOptions<C>,
> {
  /** The command, as in `attune dpo`. */
  readonly name: string;
  /** Its place among the commands: pretraining 10, SFT 20, reward 30, preference 40, policy 60. */
  readonly order: number;
  /** A sentence for the list of commands. */
  readonly summary: string;
  readonly description: string;
  /** A command line. */
  readonly example: string;
  readonly papers: readonly Paper[];
  /** The arguments of the trainer: TRL's keys, each once. */
  readonly config: C;
  /** Keys of recipes that are no arguments: what else the trainer is given, under the same names in its options. */
  readonly optionKeys?: Config;
  /** TRL's keys that are none here. */
  readonly otherKeys: OtherKeys;
  /** TRL's command for the same recipe; absent where TRL has none. */
  readonly trlCommand?: string;
  /** Values of an adapter's configuration that the algorithm wants unless the caller says otherwise. */
  readonly peftDefaults?: PeftConfig;
  /** Whether `trainDataset` may be left out for the options that are given: replayed rollouts bring their own. */
  readonly needsData?: (options: Readonly<Record<string, unknown>>) => boolean;
  create(options: O): Promise<AnyTrainer>;
}

/** States an algorithm, with the types of its config. */
export const algorithm = <C extends Config, O extends SetupOptions<C>>(
  of: Algorithm<C, O>,
): Algorithm<C, O> => of;
