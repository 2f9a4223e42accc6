import {
  decoder,
  lastTokens,
  type Network,
  rowScores,
  tokenInputs,
  tokenValues,
} from '@attune/model';
import { type Executor, Graph, PlannedGraph } from '@attune/plan';
import { bucket, PlanCache } from '@attune/trainer';
import { checkTokens, scoreNotFinite } from './errors.ts';

export interface ScorerOptions {
  /** Padding's id, at which no row is judged; null where the model has none. */
  readonly padTokenId: number | null;
  /** Tokens computed together, at least those of one row. Default 2048. */
  readonly tokens?: number;
  /** Called after each group with the rows done so far. */
  readonly progress?: (done: number) => void;
}

/**
 * A reward model that judges: rows of token ids in, one score each out. Rows are laid one behind the
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
    const flat = oneRow(rows);
    const tokens = bucket(flat.length);
    const room = bucket(rows.length, 4);
    const plan = await this.#plans.get(`${tokens} ${room}`, () => this.#planned(tokens, room));
    const last = new Int32Array(room).fill(-1);
    last.set(lastTokens(flat, this.#options.padTokenId));
    const { scores } = await this.#executor.run([
      [plan, { ...tokenValues(flat, 1, tokens), last }],
    ]);
    return scores!.subarray(0, rows.length) as Float32Array;
  }

  #planned(tokens: number, rows: number): PlannedGraph {
    const graph = new Graph(this.#executor.gpu.traits);
    const hidden = decoder(
      graph,
      this.#network,
      tokenInputs(graph, this.#network.config, 1, tokens),
    );
    const last = graph.input('last', [rows], 'i32');
    graph.output('scores', rowScores(graph, this.#network, hidden, last));
    return new PlannedGraph(graph);
  }

  destroy(): void {
    this.#plans.destroy();
  }
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

/** Rows as documents of one row. */
function oneRow(rows: readonly ArrayLike<number>[]) {
  const length = rows.reduce((sum, ids) => sum + ids.length, 0);
  const flat = {
    rows: 1,
    length,
    inputIds: new Int32Array(length),
    positions: new Int32Array(length),
    segmentIds: new Int32Array(length),
  };
  let at = 0;
  for (const [i, ids] of rows.entries()) {
    flat.inputIds.set(ids, at);
    flat.positions.set(
      Int32Array.from({ length: ids.length }, (_, t) => t),
      at,
    );
    flat.segmentIds.fill(i + 1, at, at + ids.length);
    at += ids.length;
  }
  return flat;
}
