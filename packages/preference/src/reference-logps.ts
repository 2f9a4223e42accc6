import { collate, ignored } from '@attune/data';
import type { Network } from '@attune/model';
import { type Executor, Graph, PlannedGraph } from '@attune/plan';
import { flatten, PlanCache } from '@attune/trainer';
import { answerInputs, answerLogps, answerSizes, answerValues } from './answers.ts';

/** A whole row, and where its answer starts. */
export interface AnswerRow {
  readonly ids: Int32Array;
  readonly start: number;
  /** What token i of the answer weighs. Default 1. */
  readonly weightOf?: (i: number) => number;
}

/** Keeps log-probabilities of the reference model between runs; keys tell rows apart, not models. */
export interface ReferenceCache {
  read(key: string): Promise<Float32Array | undefined>;
  write(key: string, logps: Float32Array): Promise<void>;
}

export interface ReferenceLogpsOptions {
  readonly executor: Executor;
  readonly network: Network;
  readonly batchSize: number;
  readonly cache?: ReferenceCache;
  readonly progress?: (done: number, total: number) => void;
}

/**
 * log π_ref(y | x) of every row, one number each: from the cache, or computed and put there.
 */
export async function referenceLogps(
  rows: readonly AnswerRow[],
  { executor, network, batchSize, cache, progress }: ReferenceLogpsOptions,
): Promise<Float32Array> {
  const key = cache && (await keyOf(rows));
  const known = key && (await cache!.read(key));
  if (known && known.length === rows.length) return known;
  const plans = new PlanCache(executor);
  const logps = new Float32Array(rows.length);
  for (let from = 0; from < rows.length; from += batchSize) {
    const some = rows.slice(from, from + batchSize);
    const flat = flatten(
      collate(
        some.map(({ ids, start }) => ({
          inputIds: ids,
          labels: ids.map((id, i) => (i < start ? ignored : id)),
        })),
        { padTokenId: 0 },
      ),
    );
    const sizes = answerSizes(flat, some.length);
    const plan = await plans.get(JSON.stringify(sizes), () => {
      const graph = new Graph(executor.gpu.traits);
      graph.output('logps', answerLogps(graph, network, answerInputs(graph, network, sizes)).logps);
      return new PlannedGraph(graph);
    });
    const lengths = some.map(({ ids, start }) => ids.length - Math.max(1, start));
    const weightOf = (row: number, i: number) => some[row]!.weightOf?.(i) ?? 1;
    const values = answerValues(flat, sizes, lengths, { weightOf });
    logps.set((await executor.run([[plan, values]])).logps as Float32Array, from);
    progress?.(from + some.length, rows.length);
  }
  plans.destroy();
  if (key) await cache!.write(key, logps);
  return logps;
}

/** SHA-256 of all that the numbers depend on besides the model: ids (data, template, truncation) and weights. */
async function keyOf(rows: readonly AnswerRow[]): Promise<string> {
  const parts: number[] = [];
  for (const { ids, start, weightOf } of rows) {
    parts.push(ids.length, start);
    for (const id of ids) parts.push(id);
    if (weightOf) for (let i = start; i < ids.length; i++) parts.push(weightOf(i - start));
  }
  const digest = await crypto.subtle.digest('SHA-256', Float64Array.from(parts));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
