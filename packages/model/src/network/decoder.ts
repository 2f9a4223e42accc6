import { AttuneError } from '@attune/gpu';
import {
  add,
  attention,
  embedding,
  prefixAttention,
  rmsNorm,
  rope,
  splitHeads,
  splitIntoCaches,
  swiglu,
  type Tensor,
  writeCache,
} from '@attune/kernels';
import type { Graph } from '@attune/plan';
import type { Network, Reading } from './network.ts';
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
  /** Rotary table, each [positions, headDim / 2]. */
  readonly cos: Tensor;
  readonly sin: Tensor;
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

/** Keys and values of a layer, each [rows, capacity, kvHeads · headDim]. */
export interface Caches {
  readonly k: Tensor;
  readonly v: Tensor;
}

export interface DecoderOptions {
  /** Gradient checkpointing: each block's inside is computed again for its gradient. */
  readonly checkpoint?: boolean;
  readonly attend?: Attend;
  /** One token a row, whose keys and values go to its position in these; `attend` is given them whole. */
  readonly caches?: readonly Caches[];
}

/** Causal attention within each document of the batch. */
export function attendBatch(graph: Graph, network: Network, batch: TokenBatch): Attend {
  const { numAttentionHeads: heads, numKeyValueHeads: kvHeads, headDim } = network.config;
  const { slidingWindow: window } = network.config;
  const { bounds, rows, length, virtual } = batch;
  expectVirtual(network, virtual);
  const sees = length + (virtual?.count ?? 0);
  const options = {
    ...{ rows, length, heads, kvHeads, headDim },
    ...(window && window < sees && { window }),
  };
  if (!virtual) return (_, q, k, v) => graph.apply(attention, { q, k, v, bounds }, options).y;
  return (layer, q, k, v, prefix) => {
    const inputs = { q, k, v, bounds, ...(prefix && { prefix }) };
    const column = prefix && 2 * layer * kvHeads * headDim;
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
 * The Llama family's decoder: token ids to hidden states [tokens, hidden] after the last norm.
 * Pre-norm blocks x + attention(norm(x)), x + swiglu-feed-forward(norm(x)).
 * @see Touvron et al. 2023, https://arxiv.org/abs/2302.13971
 */
export function decoder(
  graph: Graph,
  network: Network,
  batch: TokenBatch,
  { checkpoint = false, attend = attendBatch(graph, network, batch), caches }: DecoderOptions = {},
): Tensor {
  const { config } = network;
  const table = network.weight(graph, 'model.embed_tokens.weight');
  let x = graph.apply(embedding, { table, ids: batch.ids }, {}).y;
  const { virtual, virtualIds } = batch;
  if (virtual?.embeddings && virtualIds) {
    const inputs = { table: virtual.embeddings(graph), ids: virtualIds };
    x = graph.apply(add, { a: x, b: graph.apply(embedding, inputs, {}).y }, {}).y;
  }
  const prefix = virtual?.keysAndValues?.(graph);
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const run = ({ x, prefix }: BlockInputs) => ({
      y: block(
        graph,
        network,
        batch,
        layer,
        x,
        (...qkv) => attend(...qkv, prefix),
        caches?.[layer],
      ),
    });
    // What the block's gradient reaches must be among the inputs of what is computed again.
    const inputs = { x, ...(prefix && { prefix }) };
    x = (checkpoint ? graph.checkpoint(inputs, run) : run(inputs)).y;
  }
  return norm(graph, network, 'model.norm', x)().y;
}

type BlockInputs = { x: Tensor; prefix?: Tensor };

function norm(graph: Graph, network: Network, path: string, x: Tensor): Reading {
  const weight = network.weight(graph, `${path}.weight`);
  const eps = network.config.rmsNormEps;
  return (low) =>
    graph.apply(
      rmsNorm,
      { x, weight, ...(low && { a: low.a }) },
      { eps, ...(low && { scale: low.scale }) },
    );
}

/** A tensor that is there already. */
const ready =
  (y: Tensor): Reading =>
  () => ({ y });

function block(
  graph: Graph,
  network: Network,
  batch: TokenBatch,
  layer: number,
  x: Tensor,
  attend: (layer: number, q: Tensor, k: Tensor, v: Tensor) => Tensor,
  caches?: Caches,
): Tensor {
  const path = `model.layers.${layer}`;
  const a = norm(graph, network, `${path}.input_layernorm`, x);
  const { q, k, v } = heads(graph, network, batch, `${path}.self_attn`, a, caches);
  const seen = ready(attend(layer, q, k, v));
  const middle = network.linear(graph, `${path}.self_attn.o_proj`, seen, x);

  const b = norm(graph, network, `${path}.post_attention_layernorm`, middle);
  const inner = ready(gated(graph, network, `${path}.mlp`, b));
  return network.linear(graph, `${path}.mlp.down_proj`, inner, middle);
}

/** Queries and keys, turned by their position, and values: of the batch, or with `caches` all that these hold then. */
function heads(
  graph: Graph,
  network: Network,
  { cos, sin, positions }: TokenBatch,
  path: string,
  read: Reading,
  caches?: Caches,
): { q: Tensor; k: Tensor; v: Tensor } {
  const { numAttentionHeads: heads, numKeyValueHeads: kvHeads, headDim } = network.config;
  const options = { heads, kvHeads, headDim };
  if (network.stack(`${path}.qkv_proj`)) {
    const qkv = network.linear(graph, `${path}.qkv_proj`, read);
    const inputs = { qkv, cos, sin, positions };
    if (!caches) return graph.apply(splitHeads, inputs, options);
    const into = { kCache: caches.k, vCache: caches.v };
    return { q: splitIntoCaches(graph, { ...inputs, ...into }, options), ...caches };
  }
  const a = ready(read().y);
  const turned = (name: string) => {
    const x = network.linear(graph, `${path}.${name}`, a);
    return graph.apply(rope, { x, cos, sin, positions }, { headDim }).y;
  };
  const parts = {
    q: turned('q_proj'),
    k: turned('k_proj'),
    v: network.linear(graph, `${path}.v_proj`, a),
  };
  if (!caches) return parts;
  writeCache(graph, { cache: caches.k, rows: parts.k, positions }, { length: 1 });
  writeCache(graph, { cache: caches.v, rows: parts.v, positions }, { length: 1 });
  return { q: parts.q, ...caches };
}

/** The inside of the feed-forward layer: silu(gate) · up. */
function gated(graph: Graph, network: Network, path: string, read: Reading): Tensor {
  if (network.stack(`${path}.gate_up_proj`)) {
    const gate = network.linear(graph, `${path}.gate_up_proj`, read);
    return graph.apply(swiglu, { gate }, {}).y;
  }
  const b = ready(read().y);
  const gate = network.linear(graph, `${path}.gate_proj`, b);
  const up = network.linear(graph, `${path}.up_proj`, b);
  return graph.apply(swiglu, { gate, up }, {}).y;
}
