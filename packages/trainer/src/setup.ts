import { type Config, resolveArgs, type SettingsOf, snakeCase } from '@attune/config';
import type { DatasetSource } from '@attune/data';
import { AttuneError, type Gpu } from '@attune/gpu';
import type { OpenModel } from '@attune/model';
import type { PeftConfig } from '@attune/peft';
import type { Tokenizer } from '@attune/tokenizer';
import type { Algorithm, SetupOptions } from './algorithm.ts';
import type { TrainerCallbacks } from './callbacks.ts';
import type { TrainingSettings } from './config/training.config.ts';
import { findDatasets } from './find-dataset.ts';
import { findDevice, findModel, type ModelSource } from './find-model.ts';
import { diskFolder, type OutputFolder } from './folder.ts';
import { slowly } from './load-model.ts';
import { optimizerOf } from './loop.ts';
import { type ChosenMethod, chooseMethod } from './method.ts';
import { needPadding, tokenizerOf } from './tokenizer.ts';
import { TunedModel, type TunedModelOptions } from './tuned-model.ts';

/** Where a run leaves its files, and what messages call that place. */
export interface RunOutput {
  readonly folder: OutputFolder;
  readonly name: string;
}

/** What data functions are told: where progress and notes go, and when to stop. */
export interface Reporting {
  readonly log: (line: string) => void;
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** What a trainer is made of before its loss is known: arguments, model, tokenizer, way to tune, device. */
export class TrainerSetup<C extends Config = Config> implements Reporting {
  readonly args: SettingsOf<C>;
  readonly tokenizer: Tokenizer;
  readonly padTokenId: number;
  readonly chosen: ChosenMethod;
  readonly peftConfig: PeftConfig | undefined;
  /** Rows; absent only where an algorithm can do without (`needsData`). */
  readonly trainDataset: DatasetSource;
  readonly evalDataset: DatasetSource | undefined;
  readonly testSplitSize: number | null;
  readonly output: RunOutput | undefined;
  readonly callbacks: TrainerCallbacks;
  readonly log: (line: string) => void;
  readonly progress: (line: string) => void;
  readonly signal?: AbortSignal;
  /** The arguments that a resumed run must have, by their names in recipes. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly #options: SetupOptions<C>;
  #gpu: Gpu | undefined;
  #model: TunedModel | undefined;

  private constructor(
    of: Pick<Algorithm<C>, 'config'>,
    options: SetupOptions<C>,
    parts: {
      readonly args: SettingsOf<C>;
      readonly tokenizer: Tokenizer;
      readonly chosen: ChosenMethod;
      readonly output: RunOutput | undefined;
      readonly peftConfig: PeftConfig | undefined;
    },
  ) {
    const { log = (line) => console.warn(line), progress = () => {}, signal } = options;
    this.#options = options;
    this.args = parts.args;
    this.tokenizer = parts.tokenizer;
    this.padTokenId = needPadding(parts.tokenizer);
    this.chosen = parts.chosen;
    this.peftConfig = parts.peftConfig;
    this.trainDataset = options.trainDataset as DatasetSource;
    this.evalDataset = options.evalDataset;
    this.testSplitSize = options.testSplitSize ?? null;
    this.output = parts.output;
    this.callbacks = options.callbacks ?? {};
    this.log = log;
    this.progress = progress;
    if (signal) this.signal = signal;
    this.settings = settingsOf(of.config, this.args, parts.peftConfig);
  }

  /**
   * Checks arguments, opens the model and chooses what trains; no device is asked for yet. `fit` makes of the opened
   * model what the algorithm needs (a score head).
   */
  static async open<C extends Config>(
    of: Pick<Algorithm<C>, 'name' | 'config' | 'otherKeys' | 'needsData' | 'peftDefaults'>,
    options: SetupOptions<C>,
    {
      check,
      open,
      fit,
    }: {
      readonly check?: (args: SettingsOf<C>) => void;
      /** Opens the model in another way than by its source. */
      readonly open?: (given: { seed: number; log: (line: string) => void }) => Promise<OpenModel>;
      readonly fit?: (model: OpenModel, setup: { seed: number; padTokenId: number }) => OpenModel;
    } = {},
  ): Promise<TrainerSetup<C>> {
    const args = resolveArgs(of.config, options.args ?? {}, of.otherKeys);
    if (args.withoutEffect.length > 0) {
      (options.log ?? console.warn)(withoutEffectNote(args.withoutEffect));
    }
    check?.(args);
    if (options.model == null) throw missing('model');
    if (options.trainDataset == null && (of.needsData?.({ ...options }) ?? true)) {
      throw missing('trainDataset');
    }
    const { seed, outputDir } = args as unknown as TrainingSettings;
    const log = options.log ?? ((line: string) => console.warn(line));
    const opened = open ? await open({ seed, log }) : await findModel(options.model, options);
    const tokenizer = options.tokenizer ?? tokenizerOf(opened);
    const model = fit ? fit(opened, { seed, padTokenId: needPadding(tokenizer) }) : opened;
    const { adapter } = options;
    const { evalStrategy, evalOnStart } = args as unknown as TrainingSettings;
    const evaluates = evalStrategy !== 'no' || evalOnStart;
    const data = await findDatasets(options, { ...options, evaluates });
    const peftConfig = withPeftDefaults(options.peftConfig, of.peftDefaults);
    const modelName = nameOf(options.model, opened);
    const choice = { peftConfig, adapter, seed, algorithm: of.name, modelName };
    const chosen = await chooseMethod(model, choice);
    const output = options.output
      ? { folder: options.output, name: outputDir ?? 'the output folder' }
      : outputDir === undefined
        ? undefined
        : { folder: await diskFolder(outputDir), name: outputDir };
    return new TrainerSetup(
      of,
      { ...options, ...data },
      { args, tokenizer, chosen, output, peftConfig },
    );
  }

  /** The model that trains, as files have it. */
  get model(): OpenModel {
    return this.chosen.model;
  }

  /** What `adapter_config.json` names as the base. */
  get modelName(): string {
    return nameOf(this.#options.model, this.model);
  }

  /** The device: the one that was given, or one that is found once. */
  async device(): Promise<Gpu> {
    const { gpu, device } = this.#options;
    if (gpu) return gpu;
    this.#gpu ??= await findDevice({ ...(device && { device }), log: this.log });
    return this.#gpu;
  }

  /** What TunedModel and ReferenceModel are made from. */
  async modelOptions(disableDropout?: boolean): Promise<TunedModelOptions> {
    const { model, method, values } = this.chosen;
    return {
      gpu: await this.device(),
      config: model.config,
      weights: model.weights,
      method,
      ...(values && { values }),
      ...(disableDropout !== undefined && { disableDropout }),
      optimizer: optimizerOf(this.args as unknown as TrainingSettings),
      progress: slowly(this.progress),
    };
  }

  /** The model on the device, set up to be trained. @throws AttuneError `nothing-to-train` */
  async tunedModel(disableDropout?: boolean): Promise<TunedModel> {
    this.#model = await TunedModel.create(await this.modelOptions(disableDropout));
    return this.#model;
  }

  /** Gives back what was made, where a trainer could not be. A device that was given stays. */
  release(): void {
    this.#model?.destroy();
    this.releaseDevice();
  }

  /** Gives the device back, if it was found here. */
  releaseDevice(): void {
    this.#gpu?.destroy();
    this.#gpu = undefined;
  }
}

/** A model's name as the user gave it. */
const nameOf = (source: ModelSource, model: OpenModel): string =>
  typeof source === 'string' ? source : model.files.name;

/** What an algorithm wants of a LoRA adapter unless the caller says otherwise. */
function withPeftDefaults(
  given: PeftConfig | undefined,
  defaults: Algorithm['peftDefaults'],
): PeftConfig | undefined {
  const { peftType, peft_type } = (given ?? {}) as Readonly<Record<string, unknown>>;
  if (!given || !defaults || (peftType ?? peft_type) !== defaults.peftType) return given;
  return { ...defaults, ...given } as PeftConfig;
}

/** Makes a trainer of a setup; what was taken is given back where that fails. */
export async function createFrom<C extends Config, T>(
  setup: TrainerSetup<C>,
  make: (setup: TrainerSetup<C>) => Promise<T>,
): Promise<T> {
  try {
    return await make(setup);
  } catch (error) {
    setup.release();
    throw error;
  }
}

/** What is said once of TRL's keys that have no effect here. */
export const withoutEffectNote = (keys: readonly string[]): string =>
  `Without effect here: ${[...keys].sort().join(', ')}.`;

function missing(name: 'model' | 'trainDataset'): AttuneError {
  return new AttuneError(
    'missing-key',
    `create was given no ${name}.`,
    name === 'model'
      ? 'Give a hub id, a folder, a GGUF file or an opened model.'
      : 'Give rows, a file or an (async) iterable of rows.',
  );
}

/** The values of all keys that matter for a resumed run, and of what trains. */
function settingsOf(
  config: Config,
  args: Readonly<Record<string, unknown>>,
  peftConfig: PeftConfig | undefined,
): Record<string, unknown> {
  const own = Object.entries(config)
    .filter(([, { resume }]) => resume)
    .map(([name]) => [snakeCase(name), args[name] ?? null]);
  const peft = Object.entries(peftConfig ?? {}).map(([name, value]) => [
    `peft.${snakeCase(name)}`,
    value ?? null,
  ]);
  return Object.fromEntries([...own, ...peft]);
}
