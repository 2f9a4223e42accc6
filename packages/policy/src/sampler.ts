import { permutation } from '@attune/data';
import { AttuneError } from '@attune/gpu';
import { Generator, type ModelConfig } from '@attune/model';
import type { SamplingPolicy } from './policy-trainer.ts';
import { type NamedReward, rewardTable } from './rewards.ts';
import type { RolloutRound, RolloutSource } from './rollouts.ts';

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
  /** Completions of a round, and to each prompt of it. */
  readonly roundSize: number;
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
  /** The last round of an epoch may be smaller: for held-out prompts. Default false, then they are left out. */
  readonly partial?: boolean;
  /** Sequences decoded together. Default 32. */
  readonly decodeTogether?: number;
  /** Told of each round's completions: for a look at what is being written. */
  readonly sampled?: (round: number, texts: readonly string[]) => void;
}

/** Rounds of one seed that do not share random numbers with those of another. */
const seedStride = 2 ** 20;

/**
 * Completions sampled on the GPU from the policy as it is, with a cache of keys and values, and rewarded. The same
 * seed, prompts and policy give the same completions, wherever a run is taken up again.
 * @throws AttuneError `prompts-too-few`, `no-rewards`, and those of the reward functions
 */
export class Sampler implements RolloutSource {
  readonly rewardNames: readonly string[];
  readonly roundsPerEpoch: number;
  readonly longest: { readonly prompt: number; readonly completion: number };
  readonly bytes: number;
  readonly #options: SamplerOptions;
  readonly #perRound: number;
  readonly #generator: Generator;
  #order: { epoch: number; rows: ArrayLike<number> } | undefined;

  constructor({ executor, network }: SamplingPolicy, options: SamplerOptions) {
    const { prompts, rewards, roundSize, numGenerations, decodeTogether = 32 } = options;
    if (rewards.length === 0) {
      throw new AttuneError(
        'no-rewards',
        'There is no reward function.',
        'Name one or several in reward_funcs, or a trained judge in reward_model_name_or_path.',
      );
    }
    this.#options = options;
    this.#perRound = roundSize / numGenerations;
    const rounds = prompts.length / this.#perRound;
    this.roundsPerEpoch = options.partial ? Math.ceil(rounds) : Math.floor(rounds);
    if (this.roundsPerEpoch < 1) {
      throw new AttuneError(
        'prompts-too-few',
        `${prompts.length} prompts fill no round of ${this.#perRound} (${roundSize} completions, ${numGenerations} a prompt).`,
        'Give more prompts, or a smaller per_device_train_batch_size or steps_per_generation.',
      );
    }
    this.rewardNames = rewards.map(({ name }) => name);
    this.longest = {
      prompt: prompts.reduce((most, { ids }) => Math.max(most, ids.length), 0),
      completion: options.maxCompletionLength,
    };
    const batchSize = Math.min(roundSize, decodeTogether);
    this.#generator = new Generator(executor, network, { batchSize });
    this.bytes = cacheBytes(network.config, batchSize, this.longest);
  }

  async round(index: number): Promise<RolloutRound> {
    const { numGenerations, maxCompletionLength, eosTokenIds, decode, rewards } = this.#options;
    const { temperature = 1, topP = 1, topK = 0, minP = 0, seed } = this.#options;
    const rows = this.#prompts(index).flatMap((row) => Array<PromptRow>(numGenerations).fill(row));
    const generations = await this.#generator.generate(
      rows.map(({ ids }) => [...ids]),
      {
        maxNewTokens: maxCompletionLength,
        temperature,
        topP,
        topK,
        minP,
        eosTokenIds,
        seed: seed * seedStride + (index % seedStride),
      },
    );
    const texts = generations.map(({ ids }) => decode(ids));
    this.#options.sampled?.(index, texts);
    const told = new Map<string, number[]>();
    const table = await rewardTable(rewards, {
      ...columnsOf(rows),
      prompts: rows.map(({ prompt }) => prompt),
      completions: rows.map(({ prompt }, i) =>
        Array.isArray(prompt) ? [{ role: 'assistant', content: texts[i] }] : texts[i],
      ),
      completion_ids: generations.map(({ ids }) => ids),
      trainer_state: { round: index },
      log_metric: (name, value) => told.set(name, [...(told.get(name) ?? []), value]),
    });
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    return {
      rollouts: rows.map(({ ids }, i) => ({
        prompt: ids,
        completion: Int32Array.from(generations[i]!.ids),
        rewards: table[i]!,
      })),
      metrics: Object.fromEntries([...told].map(([name, values]) => [name, mean(values)])),
    };
  }

  /** The prompts of a round, in the order of its epoch. */
  #prompts(index: number): PromptRow[] {
    const { prompts, shuffle = true, seed } = this.#options;
    const epoch = Math.floor(index / this.roundsPerEpoch);
    if (this.#order?.epoch !== epoch) {
      const rows = shuffle ? permutation(prompts.length, seed, epoch) : [...prompts.keys()];
      this.#order = { epoch, rows };
    }
    const first = (index % this.roundsPerEpoch) * this.#perRound;
    const { rows } = this.#order;
    const count = Math.min(this.#perRound, prompts.length - first);
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
