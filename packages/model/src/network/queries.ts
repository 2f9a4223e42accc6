import { rope, splitHeads, splitIntoCaches, type Tensor, writeCache } from '@attune/kernels';
import type { Graph } from '@attune/plan';
import type { Attention, Norm } from '../families/blueprint.ts';
import type { TokenBatch } from './decoder.ts';
import type { Network, Reading } from './network.ts';
import { normReading, ready } from './norm.ts';

/** Keys and values of a layer, each [rows, capacity, kvHeads · headDim]. */
export interface Caches {
  readonly k: Tensor;
  readonly v: Tensor;
}

type Parts = { q: Tensor; k: Tensor; v: Tensor };

/** Queries and keys, turned by their position, and values: of the batch, or with `caches` all that these hold then. */
export function queriesKeysValues(
  graph: Graph,
  network: Network,
  batch: TokenBatch,
  attention: Attention,
  read: Reading,
  caches?: Caches,
): Parts {
  const { numAttentionHeads: heads, numKeyValueHeads: kvHeads, headDim } = network.config;
  const options = { heads, kvHeads, headDim };
  const { positions } = batch;
  const turning = attention.rope && { ...batch.rope[attention.rope]!, positions };
  const { inputs, qNorm, kNorm } = attention;
  const one = inputs.length === 1 ? inputs[0] : network.stack(attention.stack);
  let makers: (() => Tensor)[];
  if (one) {
    const qkv = network.linear(graph, one.path, read);
    if (!qNorm && caches) {
      const into = { positions, kCache: caches.k, vCache: caches.v };
      return { q: splitIntoCaches(graph, { qkv, ...turning, ...into }, options), ...caches };
    }
    if (!qNorm) return graph.apply(splitHeads, { qkv, ...turning }, options);
    const { q, k, v } = graph.apply(splitHeads, { qkv }, options);
    makers = [q, k, v].map((part) => () => part);
  } else {
    const a = ready(read().y);
    makers = inputs.map(
      ({ path }) =>
        () =>
          network.linear(graph, path, a),
    );
  }
  const [q, k, v] = makers as [() => Tensor, () => Tensor, () => Tensor];
  const finished = (x: Tensor, norm: Norm | undefined) =>
    turned(graph, network, normed(graph, network, x, norm), turning);
  const parts: Parts = { q: finished(q(), qNorm), k: finished(k(), kNorm), v: v() };
  if (!caches) return parts;
  writeCache(graph, { cache: caches.k, rows: parts.k, positions }, { length: 1 });
  writeCache(graph, { cache: caches.v, rows: parts.v, positions }, { length: 1 });
  return { q: parts.q, ...caches };
}

/** The norm of each head, or of a whole row where it is as wide. */
function normed(graph: Graph, network: Network, x: Tensor, norm: Norm | undefined): Tensor {
  if (!norm) return x;
  const [tokens, width] = x.shape as [number, number];
  const rows = graph.reshape(x, [(tokens * width) / norm.out, norm.out]);
  return graph.reshape(normReading(graph, network, norm, rows)().y, [tokens, width]);
}

function turned(
  graph: Graph,
  { config: { headDim } }: Network,
  x: Tensor,
  turning: { cos: Tensor; sin: Tensor; positions: Tensor } | null,
): Tensor {
  return turning ? graph.apply(rope, { x, ...turning }, { headDim }).y : x;
}
