import type { ModelConfig } from '@attune/model';
import { badPeftConfig, wholeNumber } from '../checks.ts';
import type { EncoderPart } from './encoder.ts';
import { type VirtualMethod, virtualMethod } from './virtual-method.ts';

/** PEFT's PromptEncoderConfig, in camelCase. */
export interface PTuningConfig {
  readonly numVirtualTokens: number;
  /** The network that makes the virtual tokens. Default `MLP`. */
  readonly encoderReparameterizationType?: 'MLP' | 'LSTM';
  /** Default: the model's width. */
  readonly encoderHiddenSize?: number | null;
  /** Layers of the LSTM; the MLP has three linear layers, as PEFT's. Default 2. */
  readonly encoderNumLayers?: number;
  /** Only 0 is computed. */
  readonly encoderDropout?: number;
}

/** What PEFT's prompt encoder consists of. */
function encoderParts(
  type: 'MLP' | 'LSTM',
  width: number,
  hidden: number,
  layers: number,
): EncoderPart[] {
  const linear = (n: number, from: number, out: number): EncoderPart => {
    return { kind: 'linear', path: `mlp_head.${n}`, in: from, out };
  };
  const relu: EncoderPart = { kind: 'relu' };
  if (type === 'MLP') {
    return [
      linear(0, width, hidden),
      relu,
      linear(2, hidden, hidden),
      relu,
      linear(4, hidden, width),
    ];
  }
  const lstm = Array.from({ length: layers }, (_, layer): EncoderPart => {
    return { kind: 'lstm', layer, in: layer === 0 ? width : 2 * hidden, hidden };
  });
  return [...lstm, linear(0, 2 * hidden, 2 * hidden), relu, linear(2, 2 * hidden, width)];
}

/**
 * P-Tuning: before every text stand virtual tokens, made by a small network over embeddings of their own: linear
 * layers with ReLU, or a bidirectional LSTM before them. Only what it makes goes into PEFT's file.
 * @throws AttuneError `bad-peft-config`
 * @see Liu et al. 2021, https://arxiv.org/abs/2103.10385
 */
export function pTuning(
  model: ModelConfig,
  config: PTuningConfig,
  { seed = 42, evaluated = false }: { seed?: number; evaluated?: boolean } = {},
): VirtualMethod {
  const count = wholeNumber('num_virtual_tokens', config.numVirtualTokens);
  const width = model.hiddenSize;
  const type = config.encoderReparameterizationType ?? 'MLP';
  if (type !== 'MLP' && type !== 'LSTM') {
    throw badPeftConfig('encoder_reparameterization_type', type, 'MLP or LSTM');
  }
  const hidden = wholeNumber('encoder_hidden_size', config.encoderHiddenSize ?? width);
  const layers = wholeNumber('encoder_num_layers', config.encoderNumLayers ?? 2);
  const dropout = config.encoderDropout ?? 0;
  // PEFT's MLP ignores it; its LSTM drops between layers, which is not computed here.
  if (type === 'LSTM' && dropout !== 0) {
    throw badPeftConfig('encoder_dropout', dropout, '0 for an LSTM encoder');
  }
  return virtualMethod({
    kind: 'P_TUNING',
    encoder: { count, width, parts: evaluated ? [] : encoderParts(type, width, hidden, layers) },
    evaluated,
    place: 'embeddings',
    seed,
    json: {
      encoder_dropout: dropout,
      encoder_hidden_size: hidden,
      encoder_num_layers: layers,
      encoder_reparameterization_type: type,
      num_attention_heads: model.numAttentionHeads,
      num_layers: model.numHiddenLayers,
      token_dim: width,
    },
  });
}
