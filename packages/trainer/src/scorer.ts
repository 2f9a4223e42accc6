import type { RowBatch } from '@attune/data';
import { AttuneError } from '@attune/gpu';
import type { Tensor } from '@attune/kernels';
import { decoder, lastTokens, type ModelConfig, type Network, rowScores } from '@attune/model';
import { type Executor, Graph, PlannedGraph } from '@attune/plan';
import { PlanCache } from './plan-cache.ts';
import { bucket, idRows, rowInputs } from './row-inputs.ts';

export interface ScorerOptions {
  /** Padding's id, at which no row is scored; null where the model has none. */
  readonly padTokenId: number | null;
  /** Tokens computed together, at least those of one row. Default 2048. */
  readonly tokens?: number;
  /** Called after each group with the rows done so far. */
  readonly progress?: (done: number) => void;
}

/**
 * A reward model that scores: rows of token ids in, one score each out. Rows are laid one behind the
 * other without padding, each seeing only itself: the rows beside it change a score by rounding at most.
 * @example
 * const scorer = new Scorer(executor, network, { padTokenId });
 * const [score] = await scorer.score([tokenizer.encodeChat(messages).ids]);
 */
export class Scorer {
  readonly #executor: Executor;
  readonly #network: Network;
  readonly #options: ScorerOptions;
  readonly #plans: PlanCache;

  constructor(executor: Executor, network: Network, options: ScorerOptions) {
    this.#executor = executor;
    this.#network = network;
    this.#options = options;
    this.#plans = new PlanCache(executor);
  }

  /**
   * The score of each row; errors call a row by `name`.
   * @throws AttuneError `missing-score-head`, `empty-row`, `vocabulary-mismatch`, `row-too-long`,
   * `score-not-finite`
   */
  async score(
    rows: readonly ArrayLike<number>[],
    name = (row: number) => `Row ${row + 1}`,
  ): Promise<Float32Array> {
    checkTokens(
      rows.map((ids, i) => [name(i), ids]),
      this.#network.config,
    );
    const scores = new Float32Array(rows.length);
    for (const { from, to } of groups(rows, this.#options.tokens ?? 2048)) {
      scores.set(await this.#scoreGroup(rows.slice(from, to)), from);
      if (!scores.subarray(from, to).every(Number.isFinite))
        throw await this.#blame(rows, from, name);
      this.#options.progress?.(to);
    }
    return scores;
  }

  /** The error of the first row from `from` on that has no number of its own: NaN spreads to its neighbours. */
  async #blame(
    rows: readonly ArrayLike<number>[],
    from: number,
    name: (row: number) => string,
  ): Promise<Error> {
    let row = from;
    let score = (await this.#scoreGroup([rows[row]!]))[0]!;
    while (Number.isFinite(score) && row < rows.length - 1) {
      score = (await this.#scoreGroup([rows[++row]!]))[0]!;
    }
    return scoreNotFinite(name(row), score);
  }

  async #scoreGroup(rows: readonly ArrayLike<number>[]): Promise<Float32Array> {
    const batch = idRows(rows);
    const tokens = bucket(batch.tokens);
    const room = bucket(rows.length, 4);
    const plan = await this.#plans.get(`${tokens} ${room}`, () => this.#planned(tokens, room));
    const { scores } = await this.#executor.run([[plan, plan.planned.values(batch)]]);
    return scores!.subarray(0, rows.length) as Float32Array;
  }

  #planned(tokens: number, rows: number): PlannedGraph<RowBatch> {
    const graph = new Graph<RowBatch>(this.#executor.gpu.traits);
    const sizes = { tokens, count: 1, rows };
    const { batch } = rowInputs(graph, this.#network, sizes, (feed) => feed);
    const hidden = decoder(graph, this.#network, batch);
    const scores = lastScores(graph, this.#network, hidden, {
      rows,
      rowsOf: (feed) => feed,
      padTokenId: this.#options.padTokenId,
    });
    graph.output('scores', scores);
    return new PlannedGraph(graph);
  }

  destroy(): void {
    this.#plans.destroy();
  }
}

/** The score [rows] of each row of a batch, at its last token that is not padding; rows beyond the batch's have 0. */
export function lastScores<F>(
  graph: Graph<F>,
  network: Network,
  hidden: Tensor,
  {
    rows,
    rowsOf,
    padTokenId,
  }: {
    readonly rows: number;
    readonly rowsOf: (feed: F) => RowBatch;
    readonly padTokenId: number | null;
  },
): Tensor {
  const fill = (feed: F) => {
    const last = new Int32Array(rows).fill(-1);
    last.set(lastTokens(rowsOf(feed).sequence, padTokenId));
    return last;
  };
  return rowScores(graph, network, hidden, graph.input('last', [rows], fill, 'i32'));
}

/** Neighbouring rows that are computed together. */
function* groups(rows: readonly ArrayLike<number>[], most: number) {
  let from = 0;
  let tokens = 0;
  for (const [i, { length }] of rows.entries()) {
    if (i > from && tokens + length > most) {
      yield { from, to: i };
      from = i;
      tokens = 0;
    }
    tokens += length;
  }
  if (rows.length > from) yield { from, to: rows.length };
}

/**
 * Whether a model can score these rows: each has tokens, of its vocabulary, on positions that it has.
 * @throws AttuneError `empty-row`, `vocabulary-mismatch`, `row-too-long`, with the row's name
 */
export function checkTokens(
  rows: Iterable<readonly [name: string, ids: ArrayLike<number>]>,
  { vocabSize, maxPositionEmbeddings }: ModelConfig,
): void {
  for (const [name, ids] of rows) {
    if (ids.length === 0) {
      throw new AttuneError('empty-row', `${name} has no tokens.`, 'Remove it, or give it text.');
    }
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      if (Number.isInteger(id) && id >= 0 && id < vocabSize) continue;
      throw new AttuneError(
        'vocabulary-mismatch',
        `${name} holds the token ${id}; the reward model's vocabulary ends at ${vocabSize - 1}.`,
        'Encode the rows with the tokenizer that belongs to the reward model.',
      );
    }
    if (ids.length > maxPositionEmbeddings) {
      throw new AttuneError(
        'row-too-long',
        `${name} has ${ids.length} tokens; the model has ${maxPositionEmbeddings} positions.`,
        'Lower max_length, or shorten the row.',
      );
    }
  }
}

/** The error of a reward model that gives something else than a number. */
export function scoreNotFinite(what: string, score: number): AttuneError {
  return new AttuneError(
    'score-not-finite',
    `${what} is scored ${score}.`,
    'Check the reward model: its weights or its head hold NaN or infinity, or it was trained at too high a rate.',
  );
}
