import { AttuneError } from '@attune/gpu';
import type { DatasetStream } from './dataset.ts';
import type { Example } from './encode-example.ts';
import { permutation, uniformInteger } from './philox.ts';
import type { RowBatch } from './row-batch.ts';

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
}

/** Where a run stands in its data: the next batch to give. */
export interface LoaderState {
  epoch: number;
  /** Batches of this epoch that were given before. */
  index: number;
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
    if ('open' in data) return;
    const batches = data.length / batchSize;
    this.batchesPerEpoch = dropLast ? Math.floor(batches) : Math.ceil(batches);
    if (this.batchesPerEpoch === 0) {
      throw new AttuneError(
        'data-empty',
        `${data.length} sequences fill no batch of ${batchSize}.`,
        'Give more rows, or a smaller per_device_train_batch_size.',
      );
    }
  }

  /** Batches from `state` on, without end: the caller stops, at an epoch's `last` or elsewhere. */
  async *batches(state: LoaderState = { epoch: 0, index: 0 }): AsyncGenerator<LoadedBatch<E, B>> {
    for (let { epoch, index: from } = state; ; epoch++, from = 0) {
      yield* this.epoch(epoch, from);
    }
  }

  /** Batches of one epoch, from batch `from` on. */
  async *epoch(epoch: number, from = 0): AsyncGenerator<LoadedBatch<E, B>> {
    let index = from;
    let ahead: E[] | undefined;
    for await (const examples of this.#groups(epoch, from)) {
      if (ahead) yield this.#loaded(ahead, epoch, index++, false);
      ahead = examples;
    }
    if (ahead) yield this.#loaded(ahead, epoch, index, true);
  }

  #loaded(examples: E[], epoch: number, index: number, last: boolean): LoadedBatch<E, B> {
    const next = last ? { epoch: epoch + 1, index: 0 } : { epoch, index: index + 1 };
    return { batch: this.#collate(examples), examples, epoch, index, last, next };
  }

  async *#groups(epoch: number, from: number): AsyncGenerator<E[]> {
    const { batchSize, dropLast } = this.#options;
    let group: E[] = [];
    for await (const example of this.#examples(epoch, from * batchSize)) {
      group.push(example);
      if (group.length < batchSize) continue;
      yield group;
      group = [];
    }
    if (group.length > 0 && !dropLast) yield group;
  }

  async *#examples(epoch: number, skip: number): AsyncGenerator<E> {
    const { sampling, seed } = this.#options;
    if ('open' in this.#data) {
      const stream = this.#data.open();
      const ordered =
        sampling === 'random' ? shuffleThrough(stream, this.#shuffleBuffer, seed, epoch) : stream;
      // The place in a stream is found again by reading up to it.
      for await (const example of ordered) if (skip-- <= 0) yield example;
      return;
    }
    const order = sampling === 'random' ? permutation(this.#data.length, seed, epoch) : undefined;
    for (let i = skip; i < this.#data.length; i++) yield this.#data[order ? order[i]! : i]!;
  }
}

/** Gives a random one of the next `size` items, again and again. */
async function* shuffleThrough<E>(
  stream: AsyncIterable<E>,
  size: number,
  seed: number,
  epoch: number,
): AsyncGenerator<E> {
  const buffer: E[] = [];
  let drawn = 0;
  const draw = (): E => {
    const at = uniformInteger(seed, epoch, drawn++, buffer.length);
    const example = buffer[at]!;
    buffer[at] = buffer[buffer.length - 1]!;
    buffer.pop();
    return example;
  };
  for await (const example of stream) {
    buffer.push(example);
    if (buffer.length >= size) yield draw();
  }
  while (buffer.length > 0) yield draw();
}
