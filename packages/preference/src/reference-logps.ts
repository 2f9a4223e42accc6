import { completionRow, joinRows, type RowBatch } from '@attune/data';
import type { Network } from '@attune/model';
import { type Executor, Graph, PlannedGraph } from '@attune/plan';
import {
  PlanCache,
  predictedLogps,
  type ReferenceModel,
  type RowSizes,
  rowInputs,
  rowSizes,
  type TunedModel,
} from '@attune/trainer';
import { blocksOf } from './blocks.ts';
import { completionSums, type TokenWeight } from './completions.ts';
import {
  type CacheSetup,
  type ReferenceCache,
  type ReferenceCacheOptions,
  referenceCacheOf,
} from './reference-cache.ts';

/** A whole row of token ids, and where its completion starts. */
export interface CompletionRow {
  readonly ids: Int32Array;
  readonly start: number;
}

export interface ReferenceLogpsOptions {
  readonly executor: Executor;
  /** The reference model. */
  readonly network: Network;
  readonly cache?: ReferenceCache | undefined;
  /** Called after each batch with the rows done so far. */
  readonly progress?: (done: number, total: number) => void;
}

/** ln π_ref(y | x) of the completion of every row, `batchSize` rows at a time. */
export function referenceLogps(
  rows: readonly CompletionRow[],
  { batchSize, ...options }: ReferenceLogpsOptions & { readonly batchSize: number },
): Promise<Float32Array> {
  const joined = (block: readonly CompletionRow[]) =>
    joinRows(block.map(({ ids, start }) => completionRow(ids, start)));
  return batchLogps(blocksOf(rows, batchSize).map(joined), options);
}

/** How a trainer computes them: under its reference model, read from its cache where an earlier run left them. */
export const referenceLogpsOptions = (
  setup: CacheSetup,
  options: ReferenceCacheOptions,
  { executor }: Pick<TunedModel, 'executor'>,
  { network }: Pick<ReferenceModel, 'network'>,
): ReferenceLogpsOptions => ({
  executor,
  network,
  cache: referenceCacheOf(setup, options),
  progress: (done, total) =>
    setup.progress(`Reference log-probabilities: ${done} of ${total} rows`),
});

/**
 * ln π_ref(y | x) of the rows of all batches, one batch behind the other: computed, or read from the cache. Where the
 * batches are those of training, policy and reference model are equal to the bit at the first step. `weightOf` is what
 * a token weighs in the sum over its completion, 1 by default.
 */
export async function batchLogps(
  batches: readonly RowBatch[],
  {
    executor,
    network,
    cache,
    progress,
    weightOf = () => 1,
  }: ReferenceLogpsOptions & { readonly weightOf?: TokenWeight<RowBatch> },
): Promise<Float32Array> {
  const total = batches.reduce((sum, { rows }) => sum + rows, 0);
  const key = cache && (await keyOf(batches, weightOf));
  const known = key && (await cache!.read(key));
  if (known && known.length === total) return known;
  const plans = new PlanCache(executor);
  const logps = new Float32Array(total);
  let done = 0;
  try {
    for (const batch of batches) {
      const sizes = rowSizes(batch);
      const make = () => planned(executor, network, sizes, weightOf);
      const plan = await plans.get(JSON.stringify(sizes), make);
      const outputs = await executor.run([[plan, plan.planned.values(batch)]]);
      logps.set(outputs.logps as Float32Array, done);
      done += batch.rows;
      progress?.(done, total);
    }
  } finally {
    plans.destroy();
  }
  if (key) await cache!.write(key, logps);
  return logps;
}

function planned(
  executor: Executor,
  network: Network,
  sizes: RowSizes,
  weightOf: TokenWeight<RowBatch>,
): PlannedGraph<RowBatch> {
  const graph = new Graph<RowBatch>(executor.gpu.traits);
  const rows = rowInputs(graph, network, sizes, (batch) => batch);
  const sum = completionSums(graph, rows).weightedBy(weightOf);
  graph.output('logps', sum(predictedLogps(graph, network, rows).logps));
  return new PlannedGraph(graph);
}

/** SHA-256 of all that the numbers depend on besides the model: ids (data, template, truncation) and weights. */
async function keyOf(
  batches: readonly RowBatch[],
  weightOf: TokenWeight<RowBatch>,
): Promise<string> {
  const parts = batches.flatMap((batch) => {
    const { starts, lengths, sequence } = batch;
    const weights = Array.from(lengths, (length, row) =>
      Float32Array.from({ length }, (_, i) => weightOf(batch, row, i)),
    );
    return [starts, lengths, sequence.inputIds, ...weights] as BlobPart[];
  });
  const digest = await crypto.subtle.digest('SHA-256', await new Blob(parts).arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
