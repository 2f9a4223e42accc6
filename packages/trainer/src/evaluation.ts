import type { BatchLoader } from '@attune/data';
import type { Executor } from '@attune/plan';
import type { LoopBatch, Objective } from './loop.ts';

/**
 * Loss and metrics on held-out data with `eval_` before their names, as transformers and TRL take them:
 * the loss is a mean over rows, a metric a plain mean over the batches that have it.
 */
export async function evaluationMeans<E, B extends LoopBatch>(
  executor: Executor,
  objective: Objective<B>,
  loader: BatchLoader<E, B>,
): Promise<Record<string, number>> {
  let loss = 0;
  let rows = 0;
  const metrics = new Map<string, number[]>();
  for await (const { batch } of loader.epoch(0)) {
    const share = { items: objective.count(batch), microBatches: 1, index: 0 };
    const { plan, values } = await objective.prepare(batch, share, false);
    const found = objective.metrics(await executor.run([[plan, values]]), batch);
    for (const [name, value] of Object.entries(found)) {
      if (name === 'loss') loss += value * batch.rows;
      else metrics.set(name, [...(metrics.get(name) ?? []), value]);
    }
    rows += batch.rows;
  }
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  return {
    eval_loss: loss / rows,
    ...Object.fromEntries([...metrics].map(([name, values]) => [`eval_${name}`, mean(values)])),
  };
}
