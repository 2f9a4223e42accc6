import type { ModelConfig } from '../config/config.ts';
import { type Block, type Blueprint, headOf, moduleMaker } from './blueprint.ts';

/** In what families of Llama's build differ. */
export interface Differences {
  /**
   * Norms of a block: before attention and feed-forward layer (Llama), after them (OLMo 2), or both (Gemma 3).
   * Default `before`.
   */
  readonly norms?: 'before' | 'after' | 'both';
  /** Queries and keys have norms: of each head, or of all heads together. */
  readonly queryKeyNorms?: 'head' | 'all';
  /** q, k and v are one layer, and so are gate and up. */
  readonly fused?: boolean;
  /** Norms multiply by this plus their weight. */
  readonly normOffset?: number;
  readonly embeddingScale?: number;
}

/**
 * A decoder of Llama's build: token embeddings, blocks of attention with rotary positions and a gated feed-forward
 * layer, both added to the stream, and a norm at the end.
 * @see Touvron et al. 2023, https://arxiv.org/abs/2302.13971
 */
export function gatedBlueprint(c: ModelConfig, differences: Differences = {}): Blueprint {
  const { embedding, norm } = moduleMaker();
  const { normOffset, embeddingScale } = differences;
  const head = headOf(c);
  return {
    tokens: embedding('tokens', 'model.embed_tokens', c.vocabSize, c.hiddenSize),
    ...(embeddingScale !== undefined && { embeddingScale }),
    ...(c.padTokenId !== null && { paddingIdx: c.padTokenId }),
    blocks: Array.from({ length: c.numHiddenLayers }, (_, layer) =>
      gatedBlock(c, layer, differences),
    ),
    norm: norm('norm', 'model.norm', c.hiddenSize, c.rmsNormEps, normOffset),
    ...(head && { head }),
  };
}

function gatedBlock(c: ModelConfig, layer: number, differences: Differences): Block {
  const { norms = 'before', queryKeyNorms, fused = false, normOffset = 0 } = differences;
  const { linear, norm } = moduleMaker(layer);
  const path = `model.layers.${layer}`;
  const [attention, mlp] = [`${path}.self_attn`, `${path}.mlp`];
  const width = c.hiddenSize;
  const queries = c.numAttentionHeads * c.headDim;
  const keys = c.numKeyValueHeads * c.headDim;
  const slides = c.layerTypes ? c.layerTypes[layer] === 'sliding_attention' : true;
  const window = slides ? c.slidingWindow : null;
  const turned = c.ropeLayers?.[layer] ?? true;
  const normed = (role: Parameters<typeof norm>[0], name: string, size = width) =>
    norm(role, name, size, c.rmsNormEps, normOffset);
  const qkNorm = (side: 'q' | 'k', all: number) =>
    normed(`${side}_norm`, `${attention}.${side}_norm`, queryKeyNorms === 'all' ? all : c.headDim);
  const before = norms !== 'after';
  const after = norms !== 'before';
  return {
    path,
    attention: {
      ...(before && { before: normed('attention_norm', `${path}.input_layernorm`) }),
      inputs: fused
        ? [linear('qkv', `${attention}.qkv_proj`, width, queries + 2 * keys, c.attentionBias)]
        : [
            linear('q', `${attention}.q_proj`, width, queries, c.attentionBias),
            linear('k', `${attention}.k_proj`, width, keys, c.attentionBias),
            linear('v', `${attention}.v_proj`, width, keys, c.attentionBias),
          ],
      stack: `${attention}.qkv_proj`,
      ...(queryKeyNorms && { qNorm: qkNorm('q', queries), kNorm: qkNorm('k', keys) }),
      output: linear('o', `${attention}.o_proj`, queries, width, c.attentionOutputBias),
      ...(after && {
        after: normed('post_attention_norm', `${path}.post_attention_layernorm`),
      }),
      rope: turned ? (slides && c.localRope ? 'local' : 'global') : null,
      window,
      ...(c.queryPreAttnScalar !== undefined && { scale: c.queryPreAttnScalar ** -0.5 }),
    },
    feedForward: {
      // Llama calls the norm before its feed-forward layer by its place after attention.
      ...(before && {
        before: normed(
          'feed_forward_norm',
          `${path}.${after ? 'pre_feedforward' : 'post_attention'}_layernorm`,
        ),
      }),
      inputs: fused
        ? [linear('gate_up', `${mlp}.gate_up_proj`, width, 2 * c.intermediateSize, c.mlpBias)]
        : [
            linear('gate', `${mlp}.gate_proj`, width, c.intermediateSize, c.mlpBias),
            linear('up', `${mlp}.up_proj`, width, c.intermediateSize, c.mlpBias),
          ],
      stack: `${mlp}.gate_up_proj`,
      output: linear('down', `${mlp}.down_proj`, c.intermediateSize, width, c.mlpBias),
      ...(after && {
        after: normed('post_feed_forward_norm', `${path}.post_feedforward_layernorm`),
      }),
      gated: true,
      activation: c.hiddenAct,
    },
  };
}
