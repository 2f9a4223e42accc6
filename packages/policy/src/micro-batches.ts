import { type LoadedBatch, type LoaderState, permutation } from '@attune/data';
import { AttuneError } from '@attune/gpu';
import type { BatchSource, LoopBatch } from '@attune/trainer';
import type { RolloutRound, RolloutSource } from './rollouts.ts';
import { type Round, type RoundRow, roundFromJson, roundToJson } from './round.ts';

/** Some rows of a round. */
export interface PolicyBatch extends LoopBatch {
  readonly round: Round;
  readonly members: readonly RoundRow[];
  /** What is logged once a round, with its first micro-batch. */
  readonly told: Readonly<Record<string, number>>;
}

export interface MicroBatchOptions {
  readonly rollouts: RolloutSource;
  /** Rows of a micro-batch. */
  readonly batchSize: number;
  /** Micro-batches that a round is cut into. */
  readonly stepsPerGeneration: number;
  /** How often each round is gone through. */
  readonly numIterations: number;
  readonly seed: number;
  /** Makes a round of what was sampled: log-probabilities, advantages, figures. */
  readonly judge: (sampled: RolloutRound) => Promise<Omit<Round, 'index' | 'order'>>;
}

/** Seeds of the order within rounds start here: those of the prompts' order are the epochs. */
const orderStream = 2 ** 31;

/**
 * Micro-batches of rollouts: a round is sampled and judged when its first micro-batch is asked for, shuffled once, cut
 * into `stepsPerGeneration` parts, and gone through `numIterations` times in the same order.
 */
export class MicroBatches implements BatchSource<never, PolicyBatch> {
  readonly batchesPerEpoch: number;
  readonly #options: MicroBatchOptions;
  readonly #perRound: number;
  #round: Round | undefined;
  #next: LoaderState = { epoch: 0, index: 0 };

  constructor(options: MicroBatchOptions) {
    const { rollouts, stepsPerGeneration, numIterations } = options;
    this.#options = options;
    this.#perRound = stepsPerGeneration * numIterations;
    this.batchesPerEpoch = rollouts.roundsPerEpoch * this.#perRound;
  }

  /** From `state` on, without end. */
  async *batches(
    state: LoaderState = { epoch: 0, index: 0 },
  ): AsyncGenerator<LoadedBatch<never, PolicyBatch>> {
    const { stepsPerGeneration, batchSize, rollouts } = this.#options;
    for (let { epoch, index } = state; ; epoch++, index = 0) {
      for (; index < this.batchesPerEpoch; index++) {
        const place = index % this.#perRound;
        const number = epoch * rollouts.roundsPerEpoch + Math.floor(index / this.#perRound);
        const round = await this.#judged(number);
        const part = place % stepsPerGeneration;
        const at = round.order.slice(part * batchSize, (part + 1) * batchSize);
        const last = index === this.batchesPerEpoch - 1;
        this.#next = last ? { epoch: epoch + 1, index: 0 } : { epoch, index: index + 1 };
        const batch = batchOf(round, at, place === 0);
        yield { batch, examples: [], epoch, index, last, next: this.#next };
      }
    }
  }

  async #judged(index: number): Promise<Round> {
    if (this.#round?.index === index) return this.#round;
    const { rollouts, judge, seed, batchSize, stepsPerGeneration } = this.#options;
    const sampled = await rollouts.round(index);
    const rows = sampled.rollouts.length;
    if (rows !== batchSize * stepsPerGeneration) throw wrongRound(index, rows, this.#options);
    const order = sampled.order ?? [...permutation(rows, seed, orderStream + index)];
    this.#round = { index, order, ...(await judge({ ...sampled, order })) };
    return this.#round;
  }

  /** Rows as long as any may be. */
  longest(): PolicyBatch {
    const { rollouts, batchSize } = this.#options;
    const { prompt, completion } = rollouts.longest;
    const row: RoundRow = {
      prompt: new Int32Array(prompt),
      completion: new Int32Array(completion),
      trained: true,
      advantage: 0,
      oldLogps: new Float32Array(completion),
      refLogps: new Float32Array(completion),
    };
    const rows = Array.from({ length: batchSize }, () => row);
    const numbers = { items: batchSize * completion, tokens: batchSize * (prompt + completion) };
    return batchOf({ index: 0, rows, order: [], metrics: {}, ...numbers }, [...rows.keys()], false);
  }

  /** The round that the next micro-batch belongs to, if it is under way: for a checkpoint. */
  carried(): unknown {
    const underWay = this.#round && this.#next.index % this.#perRound !== 0;
    return underWay ? roundToJson(this.#round!) : undefined;
  }

  restore(round: unknown): void {
    this.#round = round === undefined ? undefined : roundFromJson(round);
  }
}

/** The rows `at` of a round as a batch; the first one of a round tells of it. */
export function batchOf(round: Round, at: readonly number[], first: boolean): PolicyBatch {
  const members = at.map((row) => round.rows[row]!);
  return {
    round,
    members,
    rows: members.length,
    attentionMask: new Uint8Array(0),
    newTokens: first ? round.tokens : 0,
    told: first ? round.metrics : {},
  };
}

function wrongRound(
  index: number,
  have: number,
  { batchSize, stepsPerGeneration }: MicroBatchOptions,
): AttuneError {
  return new AttuneError(
    'rollout-round',
    `Round ${index} brought ${have} completions; the arguments ask for ${batchSize * stepsPerGeneration} (${stepsPerGeneration} micro-batches of ${batchSize}).`,
    'Change per_device_train_batch_size or steps_per_generation, or the source of the rollouts.',
  );
}
