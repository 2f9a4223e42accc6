import { sampleState } from '@attune/kernels';
import type { Executor, Graph, Plan } from '@attune/plan';
import type { Network } from '../network/network.ts';
import { storedPositions } from '../network/positions.ts';
import { type CacheShape, GenerationCache } from './cache.ts';
import {
  decodeGraph,
  type GenerationModel,
  historyGraph,
  prefillGraph,
  prefillValues,
  startGraph,
} from './graphs.ts';
import {
  checkPrompts,
  type Decoding,
  decoding,
  expectWhole,
  type GenerateOptions,
  type Generation,
} from './options.ts';

export interface GeneratorOptions {
  /** Tokens that prompt and answer may have together. Default: all positions that there are. */
  readonly capacity?: number;
  /** Sequences decoded together. Default 8. */
  readonly batchSize?: number;
}

/** Prompts read in one run, in tokens, unless one alone is longer. */
const prefillTokens = 4096;
/** Longer work in one submit freezes a page, and on some systems ends the device. */
const submitMilliseconds = 500;
const plansKept = 16;

/**
 * Generates text with a cache of keys and values. Several tokens are decoded in one submit: the GPU
 * samples, feeds the token to the next step and stops rows by itself.
 * @example
 * const generator = new Generator(executor, network);
 * const [answer] = await generator.generate([promptIds], { maxNewTokens: 64, eosTokenIds: [2] });
 */
export class Generator {
  readonly #executor: Executor;
  readonly #model: GenerationModel;
  readonly #limit: number;
  /** Virtual tokens before each prompt. */
  readonly #virtual: number;
  readonly #batchSize: number;
  readonly #plans = new Map<string, Plan>();
  #turn: Promise<unknown> = Promise.resolve();

  /** The executor's store holds the network's weights and its rotary table. @throws AttuneError `bad-value` */
  constructor(
    executor: Executor,
    network: Network,
    { capacity, batchSize = 8 }: GeneratorOptions = {},
  ) {
    for (const [name, value] of Object.entries({ capacity: capacity ?? 1, batchSize })) {
      expectWhole(name, value, 1);
    }
    this.#executor = executor;
    this.#batchSize = batchSize;
    const positions = storedPositions(executor.store, network.config);
    this.#virtual = network.tuning.virtual?.count ?? 0;
    const room = positions - this.#virtual;
    this.#limit = Math.min(capacity ?? room, room);
    this.#model = {
      network,
      cache: new GenerationCache(executor.store, network.config),
      positions,
    };
  }

  /**
   * Continues each prompt (token ids), in groups of `batchSize`. Rows do not see each other: greedy
   * answers are those of each prompt alone. The same seed, prompts and adapter give the same tokens.
   * Calls wait for one another.
   * @throws AttuneError `prompt-too-long`, `empty-prompt`, `bad-token`, `bad-value`
   */
  generate(
    prompts: readonly (readonly number[])[],
    options: GenerateOptions,
  ): Promise<Generation[]> {
    const run = () => this.#generate(prompts, options);
    const result = this.#turn.then(run, run);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #generate(
    prompts: readonly (readonly number[])[],
    options: GenerateOptions,
  ): Promise<Generation[]> {
    const settings = decoding(options);
    const { vocabSize } = this.#model.network.config;
    checkPrompts(prompts, { vocabSize, positions: this.#limit });
    const results: Generation[] = prompts.map(() => ({
      ids: [],
      logProbs: [],
      finishReason: 'length',
    }));
    let group = 0;
    for (let from = 0; from < prompts.length; group++) {
      const shape = this.#shape(prompts.slice(from, from + this.#batchSize), settings);
      const to = Math.min(prompts.length, from + Math.min(shape.rows, this.#batchSize));
      // Each group draws from steps of its own.
      const random = sampleState(settings.seed, group * settings.maxNewTokens);
      await this.#group(prompts.slice(from, to), settings, shape, random, {
        results: results.slice(from, to),
        onTokens: (row, ids) => options.onTokens?.(from + row, ids),
        ...(options.signal && { signal: options.signal }),
      });
      from = to;
    }
    return results;
  }

  /** Rows and capacity in few sizes, so that plans are used again; fewer rows where a cache would not bind. */
  #shape(
    prompts: readonly (readonly number[])[],
    { maxNewTokens, readEvery }: Decoding,
  ): CacheShape {
    const longest = prompts.reduce((most, { length }) => Math.max(most, length), 0);
    const need = Math.min(this.#limit, longest + maxNewTokens);
    const capacity = this.#virtual + Math.min(this.#limit, powerOfTwo(Math.max(64, need)));
    const { maxStorageBinding } = this.#executor.gpu.traits;
    const room = Math.floor(maxStorageBinding / (capacity * this.#model.cache.bytesPerToken));
    const rows = Math.min(powerOfTwo(prompts.length), this.#batchSize, Math.max(1, room));
    return { rows, capacity, steps: powerOfTwo(readEvery) };
  }

  async #group(
    prompts: readonly (readonly number[])[],
    settings: Decoding,
    shape: CacheShape,
    random: Uint32Array,
    { results, onTokens, signal }: GroupResults,
  ): Promise<void> {
    const { cache } = this.#model;
    if (cache.reserve(shape)) this.#forget();
    const wanted = prompts.map(({ length }) =>
      Math.min(settings.maxNewTokens, this.#limit - length),
    );
    const sequences = prompts.map(({ length }, row) => ({ length, wanted: wanted[row]! }));
    cache.begin(shape.rows, sequences, random, this.#virtual);
    await this.#prefill(prompts, shape, signal);

    const { traits } = this.#executor.gpu;
    const key = JSON.stringify([shape, settings.sampling, settings.ends.length]);
    const start = await this.#plan(`start ${key}`, () =>
      startGraph(traits, this.#model, shape, settings),
    );
    const decode = await this.#plan(`decode ${key}`, () =>
      decodeGraph(traits, this.#model, shape, settings),
    );
    const history = await this.#plan(`history ${JSON.stringify(shape)}`, () =>
      historyGraph(traits, this.#model, shape),
    );
    const values = { ends: Int32Array.from(settings.ends.length > 0 ? settings.ends : [-1]) };
    const running = new Set(prompts.keys());
    let done = 0;
    let plans: Plan[] = [start];
    let pace = Number.POSITIVE_INFINITY;
    while (running.size > 0) {
      signal?.throwIfAborted();
      const started = performance.now();
      const read = await this.#executor.run([
        ...plans.map((plan) => [plan, values] as const),
        [history, {}] as const,
      ]);
      if (plans[0] === decode) pace = (performance.now() - started) / plans.length;
      for (const row of [...running]) {
        const fresh: number[] = [];
        const { ids, logProbs } = results[row]!;
        for (let step = done; step < done + plans.length && running.has(row); step++) {
          const at = (step % shape.steps) * shape.rows + row;
          const id = read.ids![at]!;
          fresh.push(id);
          logProbs.push(read.logps![at]!);
          const stopped = settings.ends.includes(id);
          if (stopped) results[row]!.finishReason = 'stop';
          if (stopped || ids.length + fresh.length === wanted[row]) running.delete(row);
        }
        ids.push(...fresh);
        onTokens(row, fresh);
      }
      done += plans.length;
      const left = Math.max(0, ...[...running].map((row) => wanted[row]! - done));
      const burst = Math.max(1, Math.floor(submitMilliseconds / pace));
      plans = Array<Plan>(Math.min(settings.readEvery, left, burst)).fill(decode);
    }
  }

  /** Reads the prompts, a few thousand tokens at a time. */
  async #prefill(
    prompts: readonly (readonly number[])[],
    shape: CacheShape,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (let row = 0; row < prompts.length; ) {
      signal?.throwIfAborted();
      let count = prompts[row]!.length;
      let end = row + 1;
      while (end < prompts.length && count + prompts[end]!.length <= prefillTokens) {
        count += prompts[end++]!.length;
      }
      const tokens = bucket(count);
      const plan = await this.#plan(`prefill ${tokens} ${JSON.stringify(shape)}`, () =>
        prefillGraph(this.#executor.gpu.traits, this.#model, shape, tokens),
      );
      const { virtual } = this.#model.network.tuning;
      const values = prefillValues(prompts.slice(row, end), row, shape, tokens, virtual);
      await this.#executor.run([[plan, values]]);
      row = end;
    }
  }

  /** The plan of a key; the one used longest ago makes room. */
  async #plan(key: string, graph: () => Graph): Promise<Plan> {
    const plan = this.#plans.get(key) ?? (await this.#executor.compile(graph()));
    this.#plans.delete(key);
    this.#plans.set(key, plan);
    const [oldest] = this.#plans;
    if (this.#plans.size > plansKept && oldest) {
      oldest[1].destroy();
      this.#plans.delete(oldest[0]);
    }
    return plan;
  }

  #forget(): void {
    for (const plan of this.#plans.values()) plan.destroy();
    this.#plans.clear();
  }

  /** Gives plans and caches back; the executor and its store stay. */
  destroy(): void {
    this.#forget();
    this.#model.cache.destroy();
  }
}

interface GroupResults {
  readonly results: readonly Generation[];
  readonly onTokens: (row: number, ids: number[]) => void;
  readonly signal?: AbortSignal;
}

const powerOfTwo = (n: number) => 2 ** Math.ceil(Math.log2(Math.max(1, n)));

/** Lengths of prefill plans: eight to a doubling. */
function bucket(tokens: number): number {
  const step = Math.max(16, powerOfTwo(tokens) / 16);
  return Math.ceil(tokens / step) * step;
}
