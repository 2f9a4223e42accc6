import { add, attention, embedding, rmsNorm, rope, swiglu, type Tensor } from '@attune/kernels';
import type { Graph } from '@attune/plan';
import type { Network } from './network.ts';

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
}

/** How queries see keys and values: over the batch itself, or over a cache. */
export type Attend = (layer: number, q: Tensor, k: Tensor, v: Tensor) => Tensor;

export interface DecoderOptions {
  /** Gradient checkpointing: each block's inside is computed again for its gradient. */
  readonly checkpoint?: boolean;
  readonly attend?: Attend;
}

/** Causal attention within each document of the batch. */
export function attendBatch(graph: Graph, network: Network, batch: TokenBatch): Attend {
  const { numAttentionHeads: heads, numKeyValueHeads: kvHeads, headDim } = network.config;
  const window = network.config.slidingWindow;
  return (_, q, k, v) =>
    graph.apply(
      attention,
      { q, k, v, bounds: batch.bounds },
      {
        rows: batch.rows,
        length: batch.length,
        heads,
        kvHeads,
        headDim,
        ...(window && window < batch.length && { window }),
      },
    ).y;
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
  { checkpoint = false, attend = attendBatch(graph, network, batch) }: DecoderOptions = {},
): Tensor {
  const { config } = network;
  const table = network.weight(graph, 'model.embed_tokens.weight');
  let x = graph.apply(embedding, { table, ids: batch.ids }, {}).y;
  for (let layer = 0; layer < config.numHiddenLayers; layer++) {
    const run = ({ x }: { x: Tensor }) => ({ y: block(graph, network, batch, layer, x, attend) });
    x = (checkpoint ? graph.checkpoint({ x }, run) : run({ x })).y;
  }
  return norm(graph, network, 'model.norm', x);
}

function norm(graph: Graph, network: Network, path: string, x: Tensor): Tensor {
  const weight = network.weight(graph, `${path}.weight`);
  return graph.apply(rmsNorm, { x, weight }, { eps: network.config.rmsNormEps }).y;
}

function block(
  graph: Graph,
  network: Network,
  batch: TokenBatch,
  layer: number,
  x: Tensor,
  attend: Attend,
): Tensor {
  const path = `model.layers.${layer}`;
  const { headDim } = network.config;
  const turn = (t: Tensor) =>
    graph.apply(
      rope,
      { x: t, cos: batch.cos, sin: batch.sin, positions: batch.positions },
      { headDim },
    ).y;

  const a = norm(graph, network, `${path}.input_layernorm`, x);
  const q = turn(network.linear(graph, `${path}.self_attn.q_proj`, a));
  const k = turn(network.linear(graph, `${path}.self_attn.k_proj`, a));
  const v = network.linear(graph, `${path}.self_attn.v_proj`, a);
  const seen = attend(layer, q, k, v);
  const attended = network.linear(graph, `${path}.self_attn.o_proj`, seen);
  const middle = graph.apply(add, { a: x, b: attended }, {}).y;

  const b = norm(graph, network, `${path}.post_attention_layernorm`, middle);
  const gate = network.linear(graph, `${path}.mlp.gate_proj`, b);
  const up = network.linear(graph, `${path}.mlp.up_proj`, b);
  const inner = graph.apply(swiglu, { gate, up }, {}).y;
  const fed = network.linear(graph, `${path}.mlp.down_proj`, inner);
  return graph.apply(add, { a: middle, b: fed }, {}).y;
}
