import { type LoadedBatch, type LoaderState, permutation, type RowBatch } from '@attune/data';
import { AttuneError } from '@attune/gpu';
import type { BatchSource, LoopBatch } from '@attune/trainer';
import { completionRows } from './completion-logps.ts';
import type { Completion, Sampled } from './rollouts/rollouts.ts';

/** A completion with all that stays fixed while it is trained on. */
export interface TrainedCompletion extends Completion {
  /** Whether its tokens are trained: not where it was cut off and such completions are masked. */
  readonly trained: boolean;
  readonly advantage: number;
  /** Log-probabilities of its tokens under the policy that sampled; absent where that is the one that trains. */
  readonly oldLogps?: Float32Array;
  /** Those under the reference model, where there is one. */
  readonly refLogps?: Float32Array;
}

/** A generation batch that is ready to be trained on. */
export interface GenerationBatch {
  /** From 0, over the whole run. */
  readonly generation: number;
  readonly completions: readonly TrainedCompletion[];
  /** Row numbers in the order in which micro-batches take them. */
  readonly order: readonly number[];
  /** Logged with the first micro-batch. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** Some completions of a generation batch: a micro-batch. */
export interface PolicyBatch extends LoopBatch {
  readonly completions: readonly TrainedCompletion[];
  readonly sequences: RowBatch;
  /** Trained tokens of the whole generation batch. */
  readonly generationTokens: number;
  /** What is logged once for a generation batch, with its first micro-batch. */
  readonly metrics: Readonly<Record<string, number>>;
}

const total = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

/** Tokens that train. */
export const trainedTokens = (completions: readonly TrainedCompletion[]): number =>
  total(completions.map(({ trained, completion }) => (trained ? completion.length : 0)));

/** The rows `at` of a generation batch as a micro-batch; the first one counts its tokens and logs its metrics. */
export function microBatch(
  { completions, metrics }: GenerationBatch,
  at: readonly number[],
  first: boolean,
): PolicyBatch {
  const rows = at.map((row) => completions[row]!);
  const all = completions.map(({ prompt, completion }) => prompt.length + completion.length);
  return {
    completions: rows,
    sequences: completionRows(rows),
    generationTokens: trainedTokens(completions),
    rows: rows.length,
    tokens: first ? total(all) : 0,
    metrics: first ? metrics : {},
  };
}

export interface GenerationOptions {
  readonly generationsPerEpoch: number;
  readonly longest: { readonly prompt: number; readonly completion: number };
  /** Rows of a micro-batch. */
  readonly batchSize: number;
  /** Micro-batches that a generation batch is cut into. */
  readonly stepsPerGeneration: number;
  /** Times that each generation batch is trained on. */
  readonly numIterations: number;
  readonly seed: number;
  /** Micro-batches of the generation batches from a place on, without end: the algorithm. */
  readonly microBatches: (at: GenerationPlace) => AsyncIterable<PolicyBatch>;
}

/** Where a run stands: in which generation batch, and how many of its micro-batches were trained on. */
export interface GenerationPlace {
  readonly generation: number;
  readonly microBatch: number;
}

/** Seeds of the order within generation batches start here: those of the prompts' order are the epochs. */
const orderStream = 2 ** 31;

/**
 * The generation batches of a run as the loop's source of micro-batches. The one under way is kept, for later
 * iterations and for a checkpoint.
 */
export class Generations implements BatchSource<never, PolicyBatch> {
  readonly batchesPerEpoch: number;
  readonly #options: GenerationOptions;
  readonly #perGeneration: number;
  #kept: GenerationBatch | undefined;
  #next: LoaderState = { epoch: 0, index: 0 };

  constructor(options: GenerationOptions) {
    const { generationsPerEpoch, stepsPerGeneration, numIterations } = options;
    this.#options = options;
    this.#perGeneration = stepsPerGeneration * numIterations;
    this.batchesPerEpoch = generationsPerEpoch * this.#perGeneration;
  }

  /** From `state` on, without end. */
  async *batches(
    state: LoaderState = { epoch: 0, index: 0 },
  ): AsyncGenerator<LoadedBatch<never, PolicyBatch>> {
    const { generationsPerEpoch, microBatches } = this.#options;
    let { epoch, index } = state;
    const generation = epoch * generationsPerEpoch + Math.floor(index / this.#perGeneration);
    const at = { generation, microBatch: index % this.#perGeneration };
    for await (const batch of microBatches(at)) {
      const last = index === this.batchesPerEpoch - 1;
      this.#next = last ? { epoch: epoch + 1, index: 0 } : { epoch, index: index + 1 };
      yield { batch, examples: [], epoch, index, last, next: this.#next };
      ({ epoch, index } = this.#next);
    }
  }

  /** The generation batch of that number: the one that is kept, or the one that `make` makes, which is kept then. */
  async once(generation: number, make: () => Promise<GenerationBatch>): Promise<GenerationBatch> {
    if (this.#kept?.generation !== generation) this.#kept = await make();
    return this.#kept;
  }

  /** In which order the completions are trained on: as recorded, or shuffled. @throws AttuneError `rollout-batch` */
  order({ generation, completions, order }: Sampled): readonly number[] {
    const { batchSize, stepsPerGeneration, seed } = this.#options;
    const wanted = batchSize * stepsPerGeneration;
    if (completions.length !== wanted) {
      throw new AttuneError(
        'rollout-batch',
        `Generation batch ${generation} has ${completions.length} completions; the arguments ask for ${wanted} (${stepsPerGeneration} micro-batches of ${batchSize}).`,
        'Change per_device_train_batch_size or steps_per_generation, or the source of the rollouts.',
      );
    }
    return order ?? [...permutation(completions.length, seed, orderStream + generation)];
  }

  /** Micro-batch `number` of a generation batch, over all its iterations. */
  microBatch(batch: GenerationBatch, number: number): PolicyBatch {
    const { batchSize, stepsPerGeneration } = this.#options;
    const part = number % stepsPerGeneration;
    const at = batch.order.slice(part * batchSize, (part + 1) * batchSize);
    return microBatch(batch, at, number === 0);
  }

  /** Micro-batches of a generation batch, over all its iterations. */
  get perGeneration(): number {
    return this.#perGeneration;
  }

  /** Rows as long as any may be. */
  longest(): PolicyBatch {
    const { longest, batchSize } = this.#options;
    const row: TrainedCompletion = {
      prompt: new Int32Array(longest.prompt),
      completion: new Int32Array(longest.completion),
      trained: true,
      advantage: 0,
      oldLogps: new Float32Array(longest.completion),
      refLogps: new Float32Array(longest.completion),
    };
    const completions = Array.from({ length: batchSize }, () => row);
    const order = [...completions.keys()];
    return microBatch({ generation: 0, completions, order, metrics: {} }, order, true);
  }

  /** The generation batch under way, if there is one, as JSON: 32-bit numbers come back as they were. */
  save(): unknown {
    const underWay = this.#kept && this.#next.index % this.#perGeneration !== 0;
    if (!underWay) return undefined;
    const lists = (row: TrainedCompletion) =>
      Object.entries(row).map(([name, value]) => [
        name,
        ArrayBuffer.isView(value) ? [...(value as Float32Array)] : value,
      ]);
    return {
      ...this.#kept,
      completions: this.#kept!.completions.map((row) => Object.fromEntries(lists(row))),
    };
  }

  restore(saved: unknown): void {
    if (saved === undefined) {
      this.#kept = undefined;
      return;
    }
    const batch = saved as GenerationBatch;
    const floats = (list: ArrayLike<number> | undefined) => list && Float32Array.from(list);
    this.#kept = {
      ...batch,
      completions: batch.completions.map(({ oldLogps, refLogps, ...row }) => ({
        ...row,
        prompt: Int32Array.from(row.prompt),
        completion: Int32Array.from(row.completion),
        ...(oldLogps && { oldLogps: floats(oldLogps)! }),
        ...(refLogps && { refLogps: floats(refLogps)! }),
      })),
    };
  }
}
