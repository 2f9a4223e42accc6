import type { BatchLoader } from '@attune/data';
import type { Executor } from '@attune/plan';
import type { LoopBatch, Objective } from './loop.ts';
import { Means } from './means.ts';

/**
 * Loss and metrics on held-out data with `eval_` before their names, as transformers and TRL take them:
 * the loss is a mean over rows, a metric a plain mean over the batches that have it.
 */
export async function evaluationMeans<E, B extends LoopBatch>(
  executor: Executor,
  objective: Objective<B>,
  loader: BatchLoader<E, B>,
): Promise<Record<string, number>> {
  let total = 0;
  let rows = 0;
  const means = new Means();
  for await (const { batch } of loader.epoch(0)) {
    const items = objective.count(batch, false);
    const share = { items, microBatches: 1, index: 0, training: false, last: true };
    const { plan, values } = await objective.prepare(batch, share);
    const { loss, ...rest } = objective.metrics(await executor.run([[plan, values]]), batch, share);
    total += loss * batch.rows;
    means.add(rest);
    rows += batch.rows;
  }
  return prefixed({ loss: total / rows, ...means.take() });
}

/** Names of held-out figures begin with `eval_`. */
export const prefixed = (values: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`eval_${name}`, value]));
