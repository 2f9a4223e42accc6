import type { ModelConfig } from '@attune/model';
import { badPeftConfig, wholeNumber } from '../checks.ts';
import type { Encoder, EncoderPart } from './encoder.ts';
import { type VirtualMethod, virtualMethod } from './virtual-method.ts';

/** PEFT's PrefixTuningConfig, in camelCase. */
export interface PrefixTuningConfig {
  readonly numVirtualTokens: number;
  /** Keys and values come from a small network over an embedding, which makes training steadier. Default false. */
  readonly prefixProjection?: boolean;
  /** Width of that network. Default: that of a layer's keys. */
  readonly encoderHiddenSize?: number | null;
  /** `zero`: keys and values of zeros to start from. Default: normal numbers. */
  readonly initWeights?: 'zero' | null;
}

/**
 * Prefix Tuning: before every text stand virtual tokens, of which only keys and values exist, trained in every
 * layer: [tokens, layers · 2 · kvHeads · headDim], K and V layer by layer. They have no position of their own in
 * RoPE; the text begins at position `numVirtualTokens`.
 * @throws AttuneError `bad-peft-config`
 * @see Li and Liang 2021, https://arxiv.org/abs/2101.00190
 */
export function prefixTuning(
  model: ModelConfig,
  config: PrefixTuningConfig,
  { seed = 42, evaluated = false }: { seed?: number; evaluated?: boolean } = {},
): VirtualMethod {
  const width = model.numKeyValueHeads * model.headDim;
  const count = wholeNumber('num_virtual_tokens', config.numVirtualTokens);
  const hidden = wholeNumber('encoder_hidden_size', config.encoderHiddenSize ?? width);
  const projection = config.prefixProjection ?? false;
  const zero = config.initWeights ?? null;
  if (zero !== null && zero !== 'zero') {
    throw badPeftConfig('init_weights', zero, 'zero, or null for normal numbers');
  }
  if (zero && projection) {
    throw badPeftConfig('init_weights', zero, 'null where prefix_projection is true, as in PEFT');
  }
  const all = 2 * model.numHiddenLayers * width;
  const parts: EncoderPart[] = [
    { kind: 'linear', path: 'transform.0', in: width, out: hidden },
    { kind: 'tanh' },
    { kind: 'linear', path: 'transform.2', in: hidden, out: all },
  ];
  const projected = projection && !evaluated;
  const encoder: Encoder = { count, width: projected ? width : all, parts: projected ? parts : [] };
  return virtualMethod({
    kind: 'PREFIX_TUNING',
    encoder,
    evaluated: projection && evaluated,
    place: 'keysAndValues',
    seed,
    ...(zero && { start: async () => new Float32Array(count * all) }),
    json: {
      encoder_hidden_size: hidden,
      init_weights: zero,
      num_attention_heads: model.numKeyValueHeads,
      num_layers: model.numHiddenLayers,
      prefix_projection: projection,
      token_dim: width,
    },
  });
}
