import type { ModelConfig } from '@attune/model';
import { adapterConfigFile } from '../adapter-names.ts';
import type { TuningKind } from '../kind.ts';
import { badSetting, settingsOf } from '../settings.ts';
import { promptLearningOther } from '../virtual/virtual.config.ts';
import type { Encoder, EncoderPart } from '../virtual/virtual.encoder.ts';
import { virtualKindFiles } from '../virtual/virtual.files.ts';
import { type VirtualMethod, virtualMethod } from '../virtual/virtual.ts';
import { type PrefixTuningSettings, prefixTuningConfig } from './prefix-tuning.config.ts';

/** Prefix Tuning: PEFT's keys, and its two files. */
export const prefixTuningKind: TuningKind<typeof prefixTuningConfig> = {
  peftType: 'PREFIX_TUNING',
  title: 'Prefix Tuning',
  config: prefixTuningConfig,
  other: promptLearningOther,
  create: (settings, { config }, { seed }) => prefixTuning(config, settings, { seed }),
  files: virtualKindFiles('PREFIX_TUNING', (model, json, evaluated) => {
    const settings = settingsOf(prefixTuningKind, json, { where: adapterConfigFile, file: true });
    return prefixTuning(model, settings, { seed: 42, evaluated });
  }),
};

/**
 * Prefix Tuning: before every text stand virtual tokens, of which only keys and values exist, trained in every
 * layer: [tokens, layers · 2 · kvHeads · headDim], K and V layer by layer. They have no position of their own in
 * RoPE; the text begins at position `numVirtualTokens`.
 * @throws AttuneError `bad-value`, `missing-key`
 * @see Li and Liang 2021, https://arxiv.org/abs/2101.00190
 */
function prefixTuning(
  model: ModelConfig,
  {
    numVirtualTokens: count,
    encoderHiddenSize,
    prefixProjection,
    initWeights,
  }: PrefixTuningSettings,
  { seed, evaluated = false }: { seed: number; evaluated?: boolean },
): VirtualMethod {
  const width = model.numKeyValueHeads * model.headDim;
  const hidden = encoderHiddenSize ?? width;
  if (initWeights && prefixProjection) {
    throw badSetting('PREFIX_TUNING', {
      name: 'init_weights',
      value: initWeights,
      wanted: 'null where prefix_projection is true, as in PEFT',
      help: prefixTuningConfig.initWeights.help,
    });
  }
  const all = 2 * model.numHiddenLayers * width;
  const parts: EncoderPart[] = [
    { kind: 'linear', path: 'transform.0', in: width, out: hidden },
    { kind: 'tanh' },
    { kind: 'linear', path: 'transform.2', in: hidden, out: all },
  ];
  const projected = prefixProjection && !evaluated;
  const encoder: Encoder = {
    count: count!,
    width: projected ? width : all,
    parts: projected ? parts : [],
  };
  return virtualMethod({
    kind: 'PREFIX_TUNING',
    encoder,
    evaluated: prefixProjection && evaluated,
    place: 'keysAndValues',
    seed,
    ...(initWeights && { start: async () => new Float32Array(count! * all) }),
    json: () => ({
      encoder_hidden_size: hidden,
      init_weights: initWeights,
      num_attention_heads: model.numKeyValueHeads,
      num_layers: model.numHiddenLayers,
      prefix_projection: prefixProjection,
      token_dim: width,
    }),
  });
}
