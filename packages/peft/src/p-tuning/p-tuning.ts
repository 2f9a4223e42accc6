import type { ModelConfig } from '@attune/model';
import { adapterConfigFile } from '../adapter-names.ts';
import type { TuningKind } from '../kind.ts';
import { badSetting, settingsOf } from '../settings.ts';
import { promptLearningOther } from '../virtual/virtual.config.ts';
import type { EncoderPart } from '../virtual/virtual.encoder.ts';
import { virtualKindFiles } from '../virtual/virtual.files.ts';
import { type VirtualMethod, virtualMethod } from '../virtual/virtual.ts';
import { type PTuningSettings, pTuningConfig } from './p-tuning.config.ts';

/** P-Tuning: PEFT's keys, and its two files. */
export const pTuningKind: TuningKind<typeof pTuningConfig> = {
  peftType: 'P_TUNING',
  title: 'P-Tuning',
  config: pTuningConfig,
  other: promptLearningOther,
  create: (settings, { config }, { seed }) => pTuning(config, settings, { seed }),
  files: virtualKindFiles('P_TUNING', (model, json, evaluated) => {
    const settings = settingsOf(pTuningKind, json, { where: adapterConfigFile, file: true });
    return pTuning(model, settings, { seed: 42, evaluated });
  }),
};

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
 * @throws AttuneError `bad-value`, `missing-key`
 * @see Liu et al. 2021, https://arxiv.org/abs/2103.10385
 */
function pTuning(
  model: ModelConfig,
  {
    numVirtualTokens: count,
    encoderReparameterizationType: type,
    encoderHiddenSize,
    encoderNumLayers: layers,
    encoderDropout: dropout,
  }: PTuningSettings,
  { seed, evaluated = false }: { seed: number; evaluated?: boolean },
): VirtualMethod {
  const width = model.hiddenSize;
  const hidden = encoderHiddenSize ?? width;
  // PEFT's MLP ignores it; its LSTM drops between layers, which is not computed here.
  if (type === 'LSTM' && dropout !== 0) {
    throw badSetting('P_TUNING', {
      name: 'encoder_dropout',
      value: dropout,
      wanted: '0 for an LSTM encoder',
      help: pTuningConfig.encoderDropout.help,
    });
  }
  const parts = evaluated ? [] : encoderParts(type, width, hidden, layers);
  return virtualMethod({
    kind: 'P_TUNING',
    encoder: { count: count!, width, parts },
    evaluated,
    place: 'embeddings',
    seed,
    json: () => ({
      encoder_dropout: dropout,
      encoder_hidden_size: hidden,
      encoder_num_layers: layers,
      encoder_reparameterization_type: type,
      num_attention_heads: model.numAttentionHeads,
      num_layers: model.numHiddenLayers,
      token_dim: width,
    }),
  });
}
