import type { Activation, LayerType, ModelConfig } from './config.ts';
import type { Fields } from './fields.ts';
import { parseRope } from './parse-rope.ts';
import { parseDtype, parseTokenIds } from './parse-shared.ts';

/** More layers than any model has; a config that claims more would only cost time. */
export const MOST_LAYERS = 4096;

/** What transformers' class of a family has where config.json is silent. */
export interface BodyDefaults {
  readonly positions: number;
  readonly keyValueHeads?: number;
  readonly headDim?: number;
  readonly eps?: number;
  readonly theta?: number;
  /** The family may have longrope: it runs up to the context of the first training. */
  readonly longrope?: boolean;
  readonly tied?: boolean;
  /** No token where not given. */
  readonly bos?: number;
  readonly eos?: number;
  readonly pad?: number;
  /** The key of the activation, and what it may be. */
  readonly activation?: { readonly key: string; readonly only: Activation };
}

/** The keys that decoders with rotary positions and gated feed-forward layers have in common. */
export function parseBody(fields: Fields, absent: BodyDefaults) {
  const hiddenSize = fields.int('hidden_size');
  const numAttentionHeads = fields.int('num_attention_heads');
  // Absent and null differ in some classes: a number of their own, or as many as there are query heads.
  const heads = fields.has('num_key_value_heads') ? undefined : absent.keyValueHeads;
  const numKeyValueHeads = fields.int('num_key_value_heads', {
    fallback: heads ?? numAttentionHeads,
  });
  if (numAttentionHeads % numKeyValueHeads !== 0) {
    throw fields.invalid(
      'num_key_value_heads',
      `a divisor of the ${numAttentionHeads} query heads`,
    );
  }
  const headDim = fields.int('head_dim', {
    fallback: absent.headDim ?? hiddenSize / numAttentionHeads,
  });
  if (headDim % 2 !== 0) throw fields.invalid('head_dim', 'even, since its halves are rotated');
  const rope = parseRope(fields, headDim, absent.theta, { longrope: absent.longrope ?? false });
  const most = rope.type === 'factors' ? rope.originalMaxPositionEmbeddings : undefined;
  const positions = fields.int('max_position_embeddings', { fallback: absent.positions });
  const { key, only } = absent.activation ?? { key: 'hidden_act', only: 'silu' };
  return {
    vocabSize: fields.int('vocab_size'),
    hiddenSize,
    intermediateSize: fields.int('intermediate_size'),
    numHiddenLayers: fields.int('num_hidden_layers', { max: MOST_LAYERS }),
    numAttentionHeads,
    numKeyValueHeads,
    headDim,
    maxPositionEmbeddings: Math.min(positions, most ?? positions),
    hiddenAct: parseActivation(fields, key, only, only),
    rmsNormEps: fields.number('rms_norm_eps', { fallback: absent.eps ?? 1e-6 }),
    initializerRange: fields.number('initializer_range', { fallback: 0.02 }),
    rope,
    tieWordEmbeddings: fields.boolean('tie_word_embeddings', absent.tied ?? false),
    ...parseTokenIds(fields, absent),
    dtype: parseDtype(fields),
  };
}

/** Other words for the same functions. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  gelu_new: 'gelu_pytorch_tanh',
  gelu_pytorch_tanh: 'gelu_pytorch_tanh',
};

/** The activation under `key`, or `usual`: one that runs here, and for gated layers `only` that of their kernel. */
export function parseActivation(
  fields: Fields,
  key: string,
  usual: string,
  only?: Activation,
): Activation {
  const word = fields.text(key, usual);
  const found = Object.hasOwn(ACTIVATIONS, word) ? ACTIVATIONS[word] : undefined;
  if (found !== undefined && (only === undefined || found === only)) return found;
  throw fields.unsupported(
    key,
    `but only ${only ?? Object.keys(ACTIVATIONS).join(', ')} runs here for this family`,
  );
}

/** What `layer_types` says, or `otherwise`; undefined where all layers see everything. */
export function parseLayerTypes(
  fields: Fields,
  layers: number,
  otherwise: (layer: number) => boolean,
): LayerType[] | undefined {
  const list =
    fields.get('layer_types') ?? Array.from({ length: layers }, (_, i) => word(otherwise(i)));
  if (!Array.isArray(list) || list.length !== layers) {
    throw fields.invalid('layer_types', `a list of ${layers} layer types`);
  }
  for (const type of list as unknown[]) {
    if (type === 'full_attention' || type === 'sliding_attention') continue;
    throw fields.unsupported(
      'layer_types',
      'but only full_attention and sliding_attention run here',
    );
  }
  return list.includes('sliding_attention') ? (list as LayerType[]) : undefined;
}

const word = (slides: boolean): LayerType => (slides ? 'sliding_attention' : 'full_attention');

/** `sliding_window` and which layers have it, of families that have a switch for it (Qwen, SmolLM3). */
export function parseSwitchedWindow(
  fields: Fields,
  layers: number,
  { fallback, slides }: { fallback?: number; slides: (layer: number) => boolean },
): Pick<ModelConfig, 'slidingWindow' | 'layerTypes'> {
  const absent = fields.has('sliding_window') ? undefined : fallback;
  const on = fields.boolean('use_sliding_window', false);
  const none = fields.get('sliding_window') === undefined && absent === undefined;
  const window =
    on && !none
      ? fields.int('sliding_window', { ...(absent !== undefined && { fallback: absent }) })
      : null;
  const layerTypes = parseLayerTypes(fields, layers, (layer) => window !== null && slides(layer));
  if (!layerTypes) return { slidingWindow: null };
  if (window === null) {
    throw fields.invalid(
      'sliding_window',
      'a whole number, since layer_types names sliding layers',
    );
  }
  return { slidingWindow: window, layerTypes };
}
