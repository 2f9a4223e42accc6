import { permutation } from '@attune/data';
import { AttuneError } from '@attune/gpu';
import { Generator, type ModelConfig, type Network } from '@attune/model';
import type { Executor } from '@attune/plan';
import { Means } from '@attune/trainer';
import { type NamedReward, rewardTable } from './rewards.ts';
import type { Rewards, RolloutSource, Sampled } from './rollouts.ts';

/** The policy as it is while it trains: what completions are sampled from. */
export interface SamplingPolicy {
  readonly executor: Executor;
  readonly network: Network;
}

/** A prompt of the data set. */
export interface PromptRow {
  readonly ids: Int32Array;
  /** As reward functions see it: text, or messages. */
  readonly prompt: unknown;
  /** The other columns of its row, for reward functions. */
  readonly columns?: Readonly<Record<string, unknown>>;
}

export interface SamplerOptions {
  readonly prompts: readonly PromptRow[];
  readonly rewards: readonly NamedReward[];
  /** Completions of a generation batch, and of each prompt of it. */
  readonly generationSize: number;
  readonly numGenerations: number;
  readonly maxCompletionLength: number;
  /** Divides the logits. Default 1. */
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly minP?: number;
  readonly eosTokenIds: readonly number[];
  /** Text of completion tokens, without special tokens. */
  readonly decode: (ids: readonly number[]) => string;
  readonly seed: number;
  /** A new order of prompts each epoch; else that of the data. Default true. */
  readonly shuffle?: boolean;
  /** The last generation batch of an epoch may be smaller: for held-out prompts. Default false: they are left out. */
  readonly partial?: boolean;
  /** Sequences decoded together. Default 32. */
  readonly decodeTogether?: number;
  /** Called with the texts of each generation batch: for a look at what is being written. */
  readonly onSample?: (generation: number, texts: readonly string[]) => void;
}

/** Generation batches of one seed that do not share random numbers with those of another. */
const seedStride = 2 ** 20;

/**
 * Completions sampled on the GPU from the policy as it is, with a cache of keys and values, and rewarded. The same
 * seed, prompts and policy give the same completions, wherever a run is taken up again.
 * @throws AttuneError `prompts-too-few`, `no-rewards`, and those of the reward functions
 */
export class Sampler implements RolloutSource {
  readonly rewardNames: readonly string[];
  readonly generationsPerEpoch: number;
  readonly longest: { readonly prompt: number; readonly completion: number };
  readonly bytes: number;
  readonly #options: SamplerOptions;
  readonly #promptsPerGeneration: number;
  /** Prompts and texts of the generation batch that was sampled last, for its rewards. */
  #last: { generation: number; rows: readonly PromptRow[]; texts: readonly string[] } | undefined;
  readonly #generator: Generator;
  #order: { epoch: number; rows: ArrayLike<number> } | undefined;

  constructor({ executor, network }: SamplingPolicy, options: SamplerOptions) {
    const { prompts, rewards, generationSize, numGenerations, decodeTogether = 32 } = options;
    if (rewards.length === 0) {
      throw new AttuneError(
        'no-rewards',
        'There is no reward function.',
        'Name one or several in reward_funcs, or a reward model in reward_model_name_or_path.',
      );
    }
    this.#options = options;
    this.#promptsPerGeneration = generationSize / numGenerations;
    const count = prompts.length / this.#promptsPerGeneration;
    this.generationsPerEpoch = options.partial ? Math.ceil(count) : Math.floor(count);
    if (this.generationsPerEpoch < 1) {
      throw new AttuneError(
        'prompts-too-few',
        `${prompts.length} prompts do not fill a generation batch of ${this.#promptsPerGeneration} (${generationSize} completions, ${numGenerations} a prompt).`,
        'Give more prompts, or a smaller per_device_train_batch_size or steps_per_generation.',
      );
    }
    this.rewardNames = rewards.map(({ name }) => name);
    this.longest = {
      prompt: prompts.reduce((most, { ids }) => Math.max(most, ids.length), 0),
      completion: options.maxCompletionLength,
    };
    const batchSize = Math.min(generationSize, decodeTogether);
    this.#generator = new Generator(executor, network, { batchSize });
    this.bytes = cacheBytes(network.config, batchSize, this.longest);
  }

  async completions(generation: number): Promise<Sampled> {
    const { numGenerations, maxCompletionLength, eosTokenIds, decode } = this.#options;
    const { temperature = 1, topP = 1, topK = 0, minP = 0, seed } = this.#options;
    const rows = this.#prompts(generation).flatMap((row) =>
      Array<PromptRow>(numGenerations).fill(row),
    );
    const sampled = await this.#generator.generate(
      rows.map(({ ids }) => [...ids]),
      {
        maxNewTokens: maxCompletionLength,
        temperature,
        topP,
        topK,
        minP,
        eosTokenIds,
        seed: seed * seedStride + (generation % seedStride),
      },
    );
    const texts = sampled.map(({ ids }) => decode(ids));
    this.#options.onSample?.(generation, texts);
    this.#last = { generation, rows, texts };
    return {
      generation,
      completions: rows.map(({ ids }, i) => ({
        prompt: ids,
        completion: Int32Array.from(sampled[i]!.ids),
      })),
    };
  }

  async rewards({ generation, completions }: Sampled): Promise<Rewards> {
    if (this.#last?.generation !== generation) {
      throw new AttuneError(
        'no-rewards',
        `Generation batch ${generation} is not the one that was sampled last.`,
        'Ask for the rewards of completions before more are sampled.',
      );
    }
    const { rows, texts } = this.#last;
    const metrics = new Means();
    const table = await rewardTable(this.#options.rewards, {
      ...columnsOf(rows),
      prompts: rows.map(({ prompt }) => prompt),
      completions: rows.map(({ prompt }, i) =>
        Array.isArray(prompt) ? [{ role: 'assistant', content: texts[i] }] : texts[i],
      ),
      completion_ids: completions.map(({ completion }) => [...completion]),
      trainer_state: { generation },
      log_metric: (name, value) => metrics.add({ [name]: value }),
    });
    return { table, metrics: metrics.take() };
  }

  /** The prompts of a generation batch, in the order of its epoch. */
  #prompts(index: number): PromptRow[] {
    const { prompts, shuffle = true, seed } = this.#options;
    const epoch = Math.floor(index / this.generationsPerEpoch);
    if (this.#order?.epoch !== epoch) {
      const rows = shuffle ? permutation(prompts.length, seed, epoch) : [...prompts.keys()];
      this.#order = { epoch, rows };
    }
    const first = (index % this.generationsPerEpoch) * this.#promptsPerGeneration;
    const { rows } = this.#order;
    const count = Math.min(this.#promptsPerGeneration, prompts.length - first);
    return Array.from({ length: count }, (_, i) => prompts[rows[first + i]!]!);
  }

  destroy(): void {
    this.#generator.destroy();
  }
}

const powerOfTwo = (n: number) => 2 ** Math.ceil(Math.log2(n));

/** Keys and values of all layers, in the sizes that the generator makes caches in. */
function cacheBytes(
  { numHiddenLayers, numKeyValueHeads, headDim, maxPositionEmbeddings }: ModelConfig,
  batchSize: number,
  { prompt, completion }: RolloutSource['longest'],
): number {
  const need = powerOfTwo(Math.max(64, prompt + completion));
  const tokens = powerOfTwo(batchSize) * Math.min(maxPositionEmbeddings, need);
  return 2 * numHiddenLayers * tokens * 4 * numKeyValueHeads * headDim;
}

/** Columns as lists, by the names that the first row has. */
function columnsOf(rows: readonly PromptRow[]): Record<string, unknown[]> {
  const names = Object.keys(rows[0]?.columns ?? {});
  return Object.fromEntries(
    names.map((name) => [name, rows.map(({ columns }) => columns?.[name])]),
  );
}
