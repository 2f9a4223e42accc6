import type { PairBatch } from '@attune/data';
import type { Tensor } from '@attune/kernels';
import type { Graph } from '@attune/plan';
import type { Feed } from '@attune/trainer';

/** f32 [2 P]: tokens of each completion. */
export const pairLengths = <B extends PairBatch>(
  graph: Graph<Feed<B>>,
  { rows }: { readonly rows: number },
): Tensor => graph.input('lengths', [rows], ({ batch }) => Float32Array.from(batch.lengths));

/** f32 [1]: 1 / pairs. As in TRL every micro-batch weighs the same, a short one too. */
export const pairScale = <B extends PairBatch>(graph: Graph<Feed<B>>): Tensor =>
  graph.input('scale', [1], ({ batch, share }) =>
    Float32Array.of(1 / (batch.pairs * share.microBatches)),
  );
