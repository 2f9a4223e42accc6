import type { Tensor } from '@attune/kernels';
import type { Graph } from '@attune/plan';

/**
 * Trained tokens that belong to no text and stand before every document, at the positions 0 … count - 1; the
 * document's own begin at `count`. Either they are embeddings, which run through the model, or keys and values.
 */
export interface VirtualTokens {
  readonly count: number;
  /** What the first layer reads, [count, hidden] (prompt tuning). */
  embeddings?(graph: Graph): Tensor;
  /** Keys, then values, of layer after layer, [count, layers · 2 · kvHeads · headDim] (prefix tuning). */
  keysAndValues?(graph: Graph): Tensor;
}

/** Tokens by which virtual tokens make a batch longer. */
export function addedTokens(virtual: VirtualTokens | undefined): number {
  return virtual?.embeddings ? virtual.count : 0;
}
