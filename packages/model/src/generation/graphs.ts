import {
  advanceRows,
  advanceSample,
  attentionDecode,
  embedding,
  sample,
  type Tensor,
  writeCache,
  writePrefix,
} from '@attune/kernels';
import { Graph, type InputData } from '@attune/plan';
import { placeVirtual, tokenInputs } from '../network/batch.ts';
import { type Attend, attendBatch, attentionOptions, decoder } from '../network/decoder.ts';
import { logits } from '../network/heads.ts';
import type { Network } from '../network/network.ts';
import { ropeTensors } from '../network/positions.ts';
import { addedTokens, type VirtualTokens } from '../network/virtual.ts';
import type { CacheShape, GenerationCache } from './cache.ts';
import type { Decoding } from './options.ts';

/** What all graphs of a generator are made from. */
export interface GenerationModel {
  readonly network: Network;
  readonly cache: GenerationCache;
  /** Rows of the rotary table, or of the learned embedding of positions. */
  readonly positions: number;
}

type Traits = Graph['traits'];
type Head = Pick<Decoding, 'sampling' | 'ends'>;

/**
 * Reads prompts, one after another in a single row of `tokens` tokens: writes their keys and values
 * into the caches and the hidden states of their last tokens into `last`.
 * Inputs: those of `tokenInputs`; slots i32 [tokens], the place of each in the caches of all rows in a
 * line; lasts i32 [rows], the token whose hidden state each row takes; places i32 [rows], the row it
 * goes to (-1 for none).
 */
export function prefillGraph(
  traits: Traits,
  { network, cache, positions }: GenerationModel,
  shape: CacheShape,
  tokens: number,
): Graph {
  const graph = new Graph(traits);
  const { rows, capacity } = shape;
  const { layers, last } = cache.tensors(graph, shape);
  const { virtual } = network.tuning;
  const batch = tokenInputs(graph, network.config, 1, tokens, positions, '', virtual);
  const slots = graph.input('slots', [batch.length], 'i32');
  const within = attendBatch(graph, network, batch);
  const attend: Attend = (layer, q, k, v, prefix) => {
    if (virtual) writeVirtual(graph, virtual, layers[layer]!, { k, v, layer, prefix });
    for (const [held, fresh] of [
      [layers[layer]!.k, k],
      [layers[layer]!.v, v],
    ] as const) {
      const line = graph.view(held, [1, rows * capacity, held.shape[2]!]);
      writeCache(graph, { cache: line, rows: fresh, positions: slots }, { length: batch.length });
    }
    return within(layer, q, k, v, prefix);
  };
  const hidden = decoder(graph, network, batch, { attend });
  const lasts = graph.input('lasts', [rows], 'i32');
  const found = graph.apply(embedding, { table: hidden, ids: lasts }, {}).y;
  const table = graph.view(last, [1, rows, network.config.hiddenSize]);
  const places = graph.input('places', [rows], 'i32');
  writeCache(graph, { cache: table, rows: found, positions: places }, { length: rows });
  return graph;
}

/** The keys and values of a layer's virtual tokens go to the first slots of every row. */
function writeVirtual(
  graph: Graph,
  { count }: VirtualTokens,
  held: { k: Tensor; v: Tensor },
  { k, v, layer, prefix }: { k: Tensor; v: Tensor; layer: number; prefix: Tensor | undefined },
): void {
  const width = k.shape[1]!;
  [held.k, held.v].forEach((cache, part) => {
    // They are columns of the prefix, or the last tokens of the batch.
    const place = prefix ? { column: (2 * layer + part) * width } : { row: k.shape[0]! - count };
    const source = prefix ?? (part ? v : k);
    writePrefix(graph, { cache, source }, { virtual: count, ...place });
  });
}

/** The values of the prefill graph's inputs: `prompts` go to `row` and the following. */
export function prefillValues(
  prompts: readonly (readonly number[])[],
  row: number,
  { rows, capacity }: CacheShape,
  tokens: number,
  virtual?: VirtualTokens,
): Record<string, InputData> {
  const before = virtual?.count ?? 0;
  const all = tokens + addedTokens(virtual);
  const ids = new Int32Array(all).fill(-1);
  const positions = new Int32Array(all);
  const bounds = new Int32Array(2 * all);
  const slots = new Int32Array(all).fill(-1);
  const lasts = new Int32Array(rows).fill(-1);
  const places = new Int32Array(rows).fill(-1);
  let start = 0;
  prompts.forEach((prompt, i) => {
    const end = start + prompt.length;
    prompt.forEach((id, t) => {
      ids[start + t] = id;
      positions[start + t] = before + t;
      bounds.set([start, end], 2 * (start + t));
      slots[start + t] = (row + i) * capacity + before + t;
    });
    lasts[i] = end - 1;
    places[i] = row + i;
    start = end;
  });
  const inputs = { ids, positions, bounds, slots, lasts, places };
  if (all === tokens) return inputs;
  return { ...inputs, virtual: placeVirtual(tokens, positions, bounds) };
}

/** Draws the first token of every row from `last`. Input: ends i32 [ends]. */
export function startGraph(
  traits: Traits,
  model: GenerationModel,
  shape: CacheShape,
  head: Head,
): Graph {
  const graph = new Graph(traits);
  const { last } = model.cache.tensors(graph, shape);
  draw(graph, model, shape, head, last);
  return graph;
}

/** One token for every row: reads `current`, writes its keys and values, draws the next. Input: ends. */
export function decodeGraph(
  traits: Traits,
  model: GenerationModel,
  shape: CacheShape,
  head: Head,
): Graph {
  const graph = new Graph(traits);
  const { network, cache } = model;
  const { layers, current, positions, lengths } = cache.tensors(graph, shape);
  const attend: Attend = (layer, q, kCache, vCache) => {
    const options = attentionOptions(network, layer);
    return graph.apply(attentionDecode, { q, kCache, vCache, lengths }, options).y;
  };
  const batch = {
    rows: shape.rows,
    length: 1,
    ids: current,
    positions,
    // Only attention within a batch reads bounds: this tensor gets no memory.
    bounds: graph.tensor('bounds', [shape.rows, 2], 'i32'),
    rope: ropeTensors(graph, network.config, model.positions),
  };
  draw(graph, model, shape, head, decoder(graph, network, batch, { attend, caches: layers }));
  return graph;
}

/** Output layer, sample, next state of the rows. */
function draw(
  graph: Graph,
  { network, cache }: GenerationModel,
  shape: CacheShape,
  { sampling, ends }: Head,
  hidden: Tensor,
): void {
  const { state, ids, logps, random } = cache.tensors(graph, shape);
  const drawn = graph.apply(
    sample,
    { logits: logits(graph, network, hidden), state: random },
    sampling,
  );
  advanceRows(graph, {
    sampled: drawn.ids,
    logps: drawn.logps,
    ends: graph.input('ends', [Math.max(1, ends.length)], 'i32'),
    rows: state,
    ids,
    idLogps: logps,
  });
  if (sampling.temperature > 0) advanceSample(graph, random);
}

/** No work: reads the history back. */
export function historyGraph(traits: Traits, { cache }: GenerationModel, shape: CacheShape): Graph {
  const graph = new Graph(traits);
  const { ids, logps } = cache.tensors(graph, shape);
  graph.output('ids', ids);
  graph.output('logps', logps);
  return graph;
}
