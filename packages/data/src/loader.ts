import { AttuneError } from '@attune/gpu';
import type { DatasetStream } from './dataset.ts';
import type { Example } from './encode-example.ts';
import { permutation } from './philox.ts';
import type { RowBatch } from './row-batch.ts';
import { shuffleThrough } from './shuffle-buffer.ts';
import type { AnyExample, TokenLimits } from './token-limits.ts';
import { checkExample } from './token-limits.ts';

export interface LoaderOptions<E = Example, B = RowBatch> {
  /** Rows of a batch: `per_device_train_batch_size`. */
  batchSize: number;
  /** Order within an epoch. Default random. */
  sampling?: 'sequential' | 'random' | undefined;
  /** Seed of the order; the same seed gives the same order anywhere. Default 42. */
  seed?: number | undefined;
  /** Leave out a last batch that is not full. Default false. */
  dropLast?: boolean;
  /** Sequences among which a stream is shuffled. Default 1000. */
  shuffleBuffer?: number;
  /** How rows become a batch: `joinRows`, `collatePairs`, … */
  collate: (examples: readonly E[]) => B;
  /** What the model can take: checked for all rows at once, and for those of a stream as they come. */
  limits?: TokenLimits | undefined;
}

/** Where a run stands in its data: the next batch to give. */
export interface LoaderState {
  epoch: number;
  /** Batches of this epoch that were given before. */
  index: number;
  /**
   * Rows of this epoch that were given before: by them a run goes on where it stopped also with batches of
   * another size. Default `index` full batches.
   */
  rows?: number;
}

export interface LoadedBatch<E = Example, B = RowBatch> extends LoaderState {
  batch: B;
  examples: readonly E[];
  /** The last of its epoch. */
  last: boolean;
  /** Where to go on after this batch: put it into a checkpoint. */
  next: LoaderState;
}

/**
 * Batches of a data set, epoch after epoch, in an order that depends on seed and epoch alone: the
 * random order is a Philox permutation of the epoch (in memory), or a walk through a shuffle buffer
 * (a stream). Going on from any state gives the batches that would have come.
 */
export class BatchLoader<E = Example, B = RowBatch> {
  /** Undefined for a stream. */
  readonly batchesPerEpoch: number | undefined;
  readonly #data: readonly E[] | DatasetStream<E>;
  readonly #options: { batchSize: number; sampling: string; seed: number; dropLast: boolean };
  readonly #shuffleBuffer: number;
  readonly #collate: (examples: readonly E[]) => B;
  readonly #limits: TokenLimits | undefined;

  /** @throws AttuneError `bad-value`, `data-empty`, and those of `checkExample` */
  constructor(data: readonly E[] | DatasetStream<E>, options: LoaderOptions<E, B>) {
    this.#data = data;
    this.#options = {
      batchSize: options.batchSize,
      sampling: options.sampling ?? 'random',
      seed: options.seed ?? 42,
      dropLast: options.dropLast ?? false,
    };
    this.#shuffleBuffer = options.shuffleBuffer ?? 1000;
    this.#collate = options.collate;
    const { batchSize, dropLast } = this.#options;
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new AttuneError(
        'bad-value',
        `The batch size is ${batchSize}; it is a whole number from 1.`,
        'Set per_device_train_batch_size to 1 or more.',
      );
    }
    this.#limits = options.limits;
    if ('open' in data) return;
    for (const [index, example] of data.entries()) this.#check(example, index);
    const batches = data.length / batchSize;
    this.batchesPerEpoch = dropLast ? Math.floor(batches) : Math.ceil(batches);
    if (this.batchesPerEpoch === 0) throw unfilled(data.length, batchSize);
  }

  /**
   * Batches from `state` on, without end: the caller stops, at an epoch's `last` or elsewhere.
   *
   * @throws AttuneError `data-empty` where a stream fills no batch, and those of the stream
   */
  async *batches(state: LoaderState = { epoch: 0, index: 0 }): AsyncGenerator<LoadedBatch<E, B>> {
    const { batchSize } = this.#options;
    yield* this.#epochFrom(state.epoch, state.rows ?? state.index * batchSize);
    for (let epoch = state.epoch + 1; ; epoch++) yield* this.#epochFrom(epoch, 0);
  }

  /** Batches of one epoch, from batch `from` on. @throws AttuneError those of `batches` */
  epoch(epoch: number, from = 0): AsyncGenerator<LoadedBatch<E, B>> {
    return this.#epochFrom(epoch, from * this.#options.batchSize);
  }

  async *#epochFrom(epoch: number, given: number): AsyncGenerator<LoadedBatch<E, B>> {
    let rows = given;
    let ahead: E[] | undefined;
    const loaded = (examples: E[], last: boolean): LoadedBatch<E, B> => {
      const index = Math.floor(rows / this.#options.batchSize);
      rows += examples.length;
      const next = last ? { epoch: epoch + 1, index: 0 } : { epoch, index: index + 1, rows };
      return { batch: this.#collate(examples), examples, epoch, index, last, next };
    };
    for await (const examples of this.#groups(epoch, given)) {
      if (ahead) yield loaded(ahead, false);
      ahead = examples;
    }
    if (ahead) yield loaded(ahead, true);
  }

  async *#groups(epoch: number, given: number): AsyncGenerator<E[]> {
    const { batchSize, dropLast } = this.#options;
    let group: E[] = [];
    let full = 0;
    for await (const example of this.#examples(epoch, given)) {
      group.push(example);
      if (group.length < batchSize) continue;
      full++;
      yield group;
      group = [];
    }
    if (group.length > 0 && !dropLast) yield group;
    // Without a batch from the beginning on there will be none in the next epoch either.
    else if (full === 0 && given === 0) throw unfilled(group.length, batchSize);
  }

  #check(example: E, index: number): void {
    if (this.#limits) checkExample(example as AnyExample, this.#limits, index);
  }

  async *#examples(epoch: number, skip: number): AsyncGenerator<E> {
    const { sampling, seed } = this.#options;
    if ('open' in this.#data) {
      const stream = this.#data.open();
      const ordered =
        sampling === 'random' ? shuffleThrough(stream, this.#shuffleBuffer, seed, epoch) : stream;
      let index = 0;
      for await (const example of ordered) {
        this.#check(example, index++);
        // The place in a stream is found again by reading up to it.
        if (skip-- <= 0) yield example;
      }
      return;
    }
    const order = sampling === 'random' ? permutation(this.#data.length, seed, epoch) : undefined;
    for (let i = skip; i < this.#data.length; i++) yield this.#data[order ? order[i]! : i]!;
  }
}

function unfilled(sequences: number, batchSize: number): AttuneError {
  return new AttuneError(
    'data-empty',
    `${sequences} sequences fill no batch of ${batchSize}.`,
    'Give more rows, or a smaller per_device_train_batch_size.',
  );
}
