import { AttuneError } from '@attune/gpu';
import {
  activate,
  add,
  attention,
  embedding,
  geglu,
  gelu,
  prefixAttention,
  swiglu,
  type Tensor,
} from '@attune/kernels';
import type { Graph } from '@attune/plan';
import type { Block, FeedForward, Module, Sublayer } from '../families/blueprint.ts';
import { blueprintOf } from '../families/families.ts';
import type { Network, Reading } from './network.ts';
import { normReading, ready } from './norm.ts';
import type { RopeTables } from './positions.ts';
import { type Caches, queriesKeysValues } from './queries.ts';
import type { VirtualTokens } from './virtual.ts';

/** A batch of token sequences in a graph; tokens = rows · length. */
export interface TokenBatch {
  readonly rows: number;
  readonly length: number;
  /** i32 [tokens] */
  readonly ids: Tensor;
  /** i32 [tokens]: from 0 in each document. */
  readonly positions: Tensor;
  /** i32 [tokens, 2]: [start, end) of each token's document within its row; (0, 0) in padding. */
  readonly bounds: Tensor;
  readonly rope: RopeTables;
  /** Virtual tokens before every document. */
  readonly virtual?: VirtualTokens;
  /** i32 [tokens], where they are the last tokens of the batch: which virtual token each is, -1 for text. */
  readonly virtualIds?: Tensor;
}

/**
 * How queries see keys and values: over the batch itself, or over a cache. `prefix` has those of virtual tokens, of
 * all layers.
 */
export type Attend = (layer: number, q: Tensor, k: Tensor, v: Tensor, prefix?: Tensor) => Tensor;

export interface DecoderOptions {
  /** Gradient checkpointing: each block's inside is computed again for its gradient. */
  readonly checkpoint?: boolean;
  readonly attend?: Attend;
  /** One token a row, whose keys and values go to its position in these; `attend` is given them whole. */
  readonly caches?: readonly Caches[];
}

/** Heads, window and scale of a layer's attention, as its kernels take them. */
export function attentionOptions({ config }: Network, layer: number) {
  const { window, scale } = blueprintOf(config).blocks[layer]!.attention;
  return {
    heads: config.numAttentionHeads,
    kvHeads: config.numKeyValueHeads,
    headDim: config.headDim,
    ...(window !== null && { window }),
    ...(scale !== undefined && { scale }),
  };
}

/** Causal attention within each document of the batch. */
export function attendBatch(graph: Graph, network: Network, batch: TokenBatch): Attend {
  const { bounds, rows, length, virtual } = batch;
  expectVirtual(network, virtual);
  const sees = length + (virtual?.count ?? 0);
  return (layer, q, k, v, prefix) => {
    const { window, ...heads } = attentionOptions(network, layer);
    const options = { rows, length, ...heads, ...(window && window < sees && { window }) };
    if (!virtual) return graph.apply(attention, { q, k, v, bounds }, options).y;
    const inputs = { q, k, v, bounds, ...(prefix && { prefix }) };
    const column = prefix && 2 * layer * heads.kvHeads * heads.headDim;
    const all = { ...options, virtual: virtual.count, ...(column !== undefined && { column }) };
    return graph.apply(prefixAttention, inputs, all).y;
  };
}

/** A batch that was not made for the virtual tokens of its network would silently go without them. */
function expectVirtual({ tuning }: Network, virtual: VirtualTokens | undefined): void {
  if (tuning.virtual?.count === virtual?.count) return;
  throw new AttuneError(
    'no-virtual-tokens',
    `The model is tuned by ${tuning.virtual?.count ?? 'no'} virtual tokens, the batch has ${virtual?.count ?? 'none'}.`,
    'Virtual tokens (Prefix Tuning, Prompt Tuning, P-Tuning) work in sft, generate and logits.',
  );
}

/**
 * The decoder that the config's family describes: token ids to hidden states [tokens, hidden] after the last norm.
 * The stream begins as embeddings; each block adds attention and a feed-forward layer to it.
 */
export function decoder(
  graph: Graph,
  network: Network,
  batch: TokenBatch,
  { checkpoint = false, attend = attendBatch(graph, network, batch), caches }: DecoderOptions = {},
): Tensor {
  const { blocks, norm } = blueprintOf(network.config);
  let x = embedded(graph, network, batch);
  const prefix = batch.virtual?.keysAndValues?.(graph);
  for (const [layer, block] of blocks.entries()) {
    const run = ({ x, prefix }: BlockInputs) => {
      const attends = (q: Tensor, k: Tensor, v: Tensor) => attend(layer, q, k, v, prefix);
      return { y: runBlock(graph, network, batch, block, x, attends, caches?.[layer]) };
    };
    // What the block's gradient reaches must be among the inputs of what is computed again.
    const inputs = { x, ...(prefix && { prefix }) };
    x = (checkpoint ? graph.checkpoint(inputs, run) : run(inputs)).y;
  }
  return normReading(graph, network, norm, x)().y;
}

type BlockInputs = { x: Tensor; prefix?: Tensor };

/** What the first block reads: embeddings of tokens, virtual ones among them, and of positions if these are learned. */
function embedded(graph: Graph, network: Network, batch: TokenBatch): Tensor {
  const { tokens, embeddingScale: scale, paddingIdx, positions } = blueprintOf(network.config);
  const [table, ...rest] = network.parts(graph, `${tokens.path}.weight`);
  const options = {
    ...(scale !== undefined && { scale }),
    ...(paddingIdx !== undefined && { paddingIdx }),
  };
  let x = graph.apply(embedding, { table: table!, ids: batch.ids }, options).y;
  const more = (table: Tensor, ids: Tensor, options = {}) => {
    x = graph.apply(add, { a: x, b: graph.apply(embedding, { table, ids }, options).y }, {}).y;
  };
  let first = table!.shape[0]!;
  for (const part of rest) {
    more(part, batch.ids, { ...options, first });
    first += part.shape[0]!;
  }
  const { virtual, virtualIds } = batch;
  if (virtual?.embeddings && virtualIds) more(virtual.embeddings(graph), virtualIds);
  if (positions) more(network.weight(graph, `${positions.path}.weight`), batch.positions);
  return x;
}

function runBlock(
  graph: Graph,
  network: Network,
  batch: TokenBatch,
  { attention, feedForward }: Block,
  x: Tensor,
  attend: (q: Tensor, k: Tensor, v: Tensor) => Tensor,
  caches?: Caches,
): Tensor {
  const a = before(graph, network, attention, x);
  const { q, k, v } = queriesKeysValues(graph, network, batch, attention, a, caches);
  const middle = added(graph, network, attention, attend(q, k, v), x);
  const b = before(graph, network, feedForward, middle);
  return added(graph, network, feedForward, inner(graph, network, feedForward, b), middle);
}

function before(graph: Graph, network: Network, { before }: Sublayer, x: Tensor): Reading {
  return before ? normReading(graph, network, before, x) : ready(x);
}

/** What a sublayer's last layer makes of `y`, added to the stream. */
function added(
  graph: Graph,
  network: Network,
  { output, after }: Sublayer,
  y: Tensor,
  stream: Tensor,
): Tensor {
  if (!after) return network.linear(graph, output.path, ready(y), stream);
  const made = network.linear(graph, output.path, ready(y));
  const b = normReading(graph, network, after, made)().y;
  return graph.apply(add, { a: stream, b }, {}).y;
}

/** The inside of a feed-forward layer: activation(gate) · up, or activation(up). */
function inner(graph: Graph, network: Network, layer: FeedForward, read: Reading): Tensor {
  const { inputs, stack, gated, activation } = layer;
  const one = inputs.length === 1 ? inputs[0] : network.stack(stack);
  const approximate = activation === 'gelu' ? 'none' : 'tanh';
  if (!gated) {
    const x = network.linear(graph, one!.path, read);
    if (activation === 'silu') return graph.apply(activate, { x }, { kind: 'silu' }).y;
    return graph.apply(gelu, { x }, { approximate }).y;
  }
  const parts = one
    ? { gate: network.linear(graph, one.path, read) }
    : apart(graph, network, inputs, read);
  if (activation === 'silu') return graph.apply(swiglu, parts, {}).y;
  return graph.apply(geglu, parts, { approximate }).y;
}

function apart(graph: Graph, network: Network, inputs: readonly Module[], read: Reading) {
  const b = ready(read().y);
  const [gate, up] = inputs.map(({ path }) => network.linear(graph, path, b));
  return { gate: gate!, up: up! };
}
