import { AttuneError, type DeviceChoice, type Gpu } from '@attune/gpu';
import {
  type GenerateOptions,
  type Generation,
  Generator,
  Network,
  type OpenModel,
  uploadWeights,
  weightLayout,
} from '@attune/model';
import { type OpenAdapter, openAdapter, trainableOf, tunedLayout } from '@attune/peft';
import { Executor, Store } from '@attune/plan';
import type { ChatMessage, Tokenizer } from '@attune/tokenizer';
import type { AdapterSource } from './adapter.ts';
import { findDevice, findModel, type ModelSource } from './find-model.ts';
import { LogitsComputer } from './logits.ts';
import { Scorer } from './scorer.ts';
import { tokenizerOf } from './tokenizer.ts';

export interface LoadModelOptions {
  /** Folder of an adapter (PEFT's, AdapterHub's or BitFit's files) that computes with the model. */
  readonly adapter?: AdapterSource | undefined;
  /** Default: one is found, and goes with the model. */
  readonly gpu?: Gpu;
  readonly device?: DeviceChoice;
  /** Branch, tag or commit of a hub id. */
  readonly revision?: string;
  /** Prompts that are decoded together. Default 8. */
  readonly batchSize?: number;
  readonly log?: (line: string) => void;
  readonly progress?: (line: string) => void;
}

export type GenerationOptions = Partial<GenerateOptions>;

/**
 * A model on a device, ready to compute: with its adapter, if it has one.
 * @example
 * const model = await loadModel('HuggingFaceTB/SmolLM2-135M-Instruct', { adapter: 'out' });
 * console.log(await model.generate([{ role: 'user', content: 'Hello' }]));
 * model.destroy();
 */
export class LoadedModel {
  readonly gpu: Gpu;
  readonly model: OpenModel;
  readonly adapter: OpenAdapter | undefined;
  readonly store: Store;
  readonly executor: Executor;
  readonly network: Network;
  readonly #batchSize: number;
  readonly #owned: boolean;
  #tokenizer: Tokenizer | undefined;
  #generator: Generator | undefined;
  #logits: LogitsComputer | undefined;
  #scorer: Scorer | undefined;

  /** @internal */
  constructor(
    parts: Pick<LoadedModel, 'gpu' | 'model' | 'adapter' | 'store' | 'executor' | 'network'>,
    { batchSize, owned }: { batchSize: number; owned: boolean },
  ) {
    this.gpu = parts.gpu;
    this.model = parts.model;
    this.adapter = parts.adapter;
    this.store = parts.store;
    this.executor = parts.executor;
    this.network = parts.network;
    this.#batchSize = batchSize;
    this.#owned = owned;
  }

  /** @throws AttuneError `missing-tokenizer`, … where the model came without one */
  get tokenizer(): Tokenizer {
    this.#tokenizer ??= tokenizerOf(this.model);
    return this.#tokenizer;
  }

  /** Tokens that end a completion: generation_config.json's, else config.json's. */
  get eosTokenIds(): readonly number[] {
    const { config, generationConfig } = this.model;
    const listed = generationConfig?.eos_token_id;
    return listed == null ? config.eosTokenIds : ([listed].flat() as number[]);
  }

  /**
   * The answer to a prompt: text, or the messages of a chat. Greedy, at most 256 tokens, unless options say otherwise.
   * @throws AttuneError `empty-prompt`, `prompt-too-long`, `bad-value`, those of the chat template
   */
  async generate(
    prompt: string | readonly ChatMessage[],
    options: GenerationOptions = {},
  ): Promise<string> {
    const [answer] = await this.generateIds([this.promptIds(prompt)], options);
    return this.tokenizer.decode(answer!.ids, { skipSpecialTokens: true });
  }

  /** The ids of a prompt: text as it is, messages through the chat template with the cue to answer. */
  promptIds(prompt: string | readonly ChatMessage[]): number[] {
    if (typeof prompt === 'string') return this.tokenizer.encode(prompt);
    return this.tokenizer.encodeChat([...prompt], { addGenerationPrompt: true }).ids;
  }

  /** Completions of prompts of token ids, decoded together, with the log-probability of each token. */
  async generateIds(
    prompts: readonly (readonly number[])[],
    options: GenerationOptions = {},
  ): Promise<Generation[]> {
    this.#generator ??= new Generator(this.executor, this.network, { batchSize: this.#batchSize });
    return this.#generator.generate(
      prompts.map((ids) => [...ids]),
      { maxNewTokens: 256, eosTokenIds: this.eosTokenIds, ...options },
    );
  }

  /** Logits [tokens, vocabulary] of one sequence. @throws AttuneError `bad-token`, `prompt-too-long` */
  async logits(ids: readonly number[]): Promise<Float32Array> {
    this.#logits ??= new LogitsComputer(this.executor, this.network);
    return this.#logits.logits(ids);
  }

  /** A reward model's score of each sequence. @throws AttuneError `missing-score-head`, `score-not-finite` */
  async scores(
    rows: readonly ArrayLike<number>[],
    name?: (row: number) => string,
  ): Promise<Float32Array> {
    const { padTokenId } = this.model.config;
    this.#scorer ??= new Scorer(this.executor, this.network, { padTokenId });
    return this.#scorer.score(rows, name);
  }

  destroy(): void {
    this.#generator?.destroy();
    this.#logits?.destroy();
    this.#scorer?.destroy();
    this.executor.destroy();
    this.store.destroy();
    if (this.#owned) this.gpu.destroy();
  }
}

/**
 * Loads a model, and an adapter on it, onto a device: frozen, to compute with. A device that is given stays when the
 * model goes.
 * @throws AttuneError those of `openModel`, the hub and the adapter's reader; `no-gpu`
 */
export async function loadModel(
  source: ModelSource,
  options: LoadModelOptions = {},
): Promise<LoadedModel> {
  const { adapter: folder, progress, log, batchSize = 8 } = options;
  checkOptions(options);
  const opened = await findModel(source, options);
  const adapter =
    folder === undefined ? undefined : await openAdapter(folder, opened, { scores: true });
  const model = adapter?.model ?? opened;
  const { config, weights } = model;
  const gpu = options.gpu ?? (await findDevice({ ...options, ...(log && { log }) }));
  const store = new Store(gpu);
  try {
    const maxBytes = gpu.traits.maxStorageBinding;
    const layout = adapter
      ? tunedLayout(adapter.method, config, weights, { maxBytes, dropout: false })
      : weightLayout(config, weights, { maxBytes });
    let network = new Network(config, {}, layout);
    if (adapter) {
      const trainable = trainableOf(adapter.method, layout, { maxBytes });
      trainable.allocate(store, ['parameters']);
      for (const [name, data] of adapter.values) trainable.write(store, name, data);
      network = new Network(config, adapter.method.tuning(trainable, { gradient: false }), layout);
    }
    await uploadWeights(store, config, weights, {
      layout,
      positions: config.maxPositionEmbeddings + (adapter?.method.virtualTokens ?? 0),
      ...(adapter && { except: (name: string) => adapter.method.replaces(name) }),
      ...(progress && { progress: slowly(progress) }),
    });
    const executor = new Executor(store);
    const parts = { gpu, model, adapter, store, executor, network };
    return new LoadedModel(parts, { batchSize, owned: options.gpu === undefined });
  } catch (error) {
    store.destroy();
    if (!options.gpu) gpu.destroy();
    throw error;
  }
}

const known = ['adapter', 'gpu', 'device', 'revision', 'batchSize', 'log', 'progress'];

function checkOptions(options: object): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new AttuneError(
    'unknown-key',
    `loadModel has no option ${unknown}.`,
    `Its options are ${known.join(', ')}.`,
  );
}

/** Reports loads that take longer than a moment. */
export function slowly(progress: (line: string) => void): (done: number, total: number) => void {
  const start = Date.now();
  return (done, total) => {
    if (Date.now() - start > 1500) progress(`Loading weights: ${done} of ${total} tensors`);
  };
}
