import {
  advanceSample,
  appendToken,
  attentionDecode,
  type DecodeState,
  embedding,
  type SampleOptions,
  sample,
  type Tensor,
  writeCache,
} from '@attune/kernels';
import type { Graph, Store } from '@attune/plan';
import { tokenInputs } from '../network/batch.ts';
import { type Attend, attendBatch, decoder, type TokenBatch } from '../network/decoder.ts';
import { logits } from '../network/heads.ts';
import { type Network, ropeTensors } from '../network/network.ts';

/** The size of a batch that is being decoded. */
export interface CacheShape {
  readonly rows: number;
  /** Tokens a row can hold: prompt and answer. */
  readonly capacity: number;
  /** Tokens a row can add. */
  readonly steps: number;
}

const cacheName = (part: 'k' | 'v', layer: number) => `cache.${part}.${layer}`;

/** Makes the caches of keys and values and the decoding state. */
export function createCache(store: Store, network: Network, shape: CacheShape): void {
  const { numHiddenLayers, numKeyValueHeads, headDim } = network.config;
  const { rows, capacity, steps } = shape;
  for (let layer = 0; layer < numHiddenLayers; layer++) {
    for (const part of ['k', 'v'] as const) {
      const dims = [rows, capacity, numKeyValueHeads * headDim];
      store.create(cacheName(part, layer), dims, 'f32', 'cache');
    }
  }
  for (const name of ['ids', 'positions', 'lengths']) {
    store.create(`decode.${name}`, [rows], 'i32', 'cache');
  }
  store.create('decode.historyIds', [steps, rows], 'i32', 'cache');
  store.create('decode.historyLogps', [steps, rows], 'f32', 'cache');
  store.create('decode.count', [1], 'u32', 'cache');
  store.create('decode.state', [4], 'u32', 'cache');
}

export function dropCache(store: Store, network: Network): void {
  for (let layer = 0; layer < network.config.numHiddenLayers; layer++) {
    store.drop(cacheName('k', layer));
    store.drop(cacheName('v', layer));
  }
  for (const name of [
    'ids',
    'positions',
    'lengths',
    'historyIds',
    'historyLogps',
    'count',
    'state',
  ]) {
    store.drop(`decode.${name}`);
  }
}

function stateTensors(graph: Graph, { rows, steps }: CacheShape): DecodeState & { seed: Tensor } {
  return {
    ids: graph.resident('decode.ids', [rows], 'i32'),
    positions: graph.resident('decode.positions', [rows], 'i32'),
    lengths: graph.resident('decode.lengths', [rows], 'i32'),
    historyIds: graph.resident('decode.historyIds', [steps, rows], 'i32'),
    historyLogps: graph.resident('decode.historyLogps', [steps, rows]),
    count: graph.resident('decode.count', [1], 'u32'),
    seed: graph.resident('decode.state', [4], 'u32'),
  };
}

function caches(graph: Graph, network: Network, { rows, capacity }: CacheShape, layer: number) {
  const shape = [rows, capacity, network.config.numKeyValueHeads * network.config.headDim];
  return {
    kCache: graph.resident(cacheName('k', layer), shape),
    vCache: graph.resident(cacheName('v', layer), shape),
  };
}

/** The last hidden states → the next tokens, kept and made the next input. */
function sampleNext(
  graph: Graph,
  network: Network,
  hidden: Tensor,
  shape: CacheShape,
  options: SampleOptions,
): void {
  const { seed, ...state } = stateTensors(graph, shape);
  const sampled = sample.forward(
    graph,
    { logits: logits(graph, network, hidden), state: seed },
    options,
  );
  appendToken(graph, state, sampled);
  if (options.temperature > 0) advanceSample(graph, seed);
}

/**
 * Reads `tokens` tokens of all prompts (one row, a document each), fills the caches and samples each
 * prompt's first token. Inputs: those of `tokenInputs`, `slots` (where each token goes in the cache
 * seen as one row of rows · capacity) and `last` (each prompt's last token).
 */
export function prefillGraph(
  graph: Graph,
  network: Network,
  tokens: number,
  positions: number,
  shape: CacheShape,
  options: SampleOptions,
): Graph {
  const batch = tokenInputs(graph, network.config, 1, tokens, positions);
  const slots = graph.input('slots', [tokens], 'i32');
  const inBatch = attendBatch(graph, network, batch);
  const attend: Attend = (layer, q, k, v) => {
    const { kCache, vCache } = caches(graph, network, shape, layer);
    const wide = (cache: Tensor) =>
      graph.view(cache, [1, shape.rows * shape.capacity, cache.shape[2]!]);
    writeCache(graph, { cache: wide(kCache), rows: k, positions: slots }, { length: tokens });
    writeCache(graph, { cache: wide(vCache), rows: v, positions: slots }, { length: tokens });
    return inBatch(layer, q, k, v);
  };
  const hidden = decoder(graph, network, batch, { attend });
  const last = graph.input('last', [shape.rows], 'i32');
  const ends = graph.apply(embedding, { table: hidden, ids: last }, {}).y;
  sampleNext(graph, network, ends, shape, options);
  return graph;
}

/** One token of every row: no inputs from the CPU, so that steps can be encoded back to back. */
export function decodeGraph(
  graph: Graph,
  network: Network,
  positions: number,
  shape: CacheShape,
  options: SampleOptions,
): Graph {
  const { ids, positions: at, lengths } = stateTensors(graph, shape);
  const { numAttentionHeads: heads, numKeyValueHeads: kvHeads, headDim } = network.config;
  const window = network.config.slidingWindow;
  const batch: TokenBatch = {
    rows: shape.rows,
    length: 1,
    ids,
    positions: at,
    bounds: at,
    ...ropeTensors(graph, network.config, positions),
  };
  const attend: Attend = (layer, q, k, v) => {
    const { kCache, vCache } = caches(graph, network, shape, layer);
    writeCache(graph, { cache: kCache, rows: k, positions: at }, { length: 1 });
    writeCache(graph, { cache: vCache, rows: v, positions: at }, { length: 1 });
    return attentionDecode.forward(
      graph,
      { q, kCache, vCache, lengths },
      { heads, kvHeads, headDim, ...(window && { window }) },
    ).y;
  };
  sampleNext(graph, network, decoder(graph, network, batch, { attend }), shape, options);
  return graph;
}
