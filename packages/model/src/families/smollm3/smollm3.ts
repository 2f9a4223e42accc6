import type { Fields } from '../../config/fields.ts';
import { parseBody, parseSwitchedWindow } from '../../config/parse-body.ts';
import { parseHead } from '../../config/parse-shared.ts';
import type { Family } from '../family.ts';
import { gatedBlueprint } from '../gated.ts';

const classes = { lm: 'SmolLM3ForCausalLM', score: 'SmolLM3ForSequenceClassification' };
const interval = 4;

/**
 * SmolLM3: Llama whose every fourth layer does not turn queries and keys (NoPE). In `no_rope_layers` a 0 names such
 * a layer.
 * @see Yang et al. 2025, https://arxiv.org/abs/2501.18795
 */
export const family: Family = {
  modelType: 'smollm3',
  classes,
  parse(fields) {
    const body = parseBody(fields, {
      ...{ keyValueHeads: 4, positions: 32768, theta: 2_000_000, tied: true },
      ...{ bos: 128000, eos: 128001, pad: 128004 },
    });
    const ropeLayers = parseRopeLayers(fields, body.numHiddenLayers);
    const slides = (layer: number) => !ropeLayers[layer];
    const attentionBias = fields.boolean('attention_bias', false);
    return {
      modelType: 'smollm3',
      ...body,
      ...parseHead(fields, classes.lm),
      ...(ropeLayers.includes(false) && { ropeLayers }),
      ...parseSwitchedWindow(fields, body.numHiddenLayers, { slides }),
      attentionBias,
      attentionOutputBias: attentionBias,
      mlpBias: fields.boolean('mlp_bias', false),
    };
  },
  blueprint: (config) => gatedBlueprint(config),
  biasKeys: ['attention_bias', 'mlp_bias'],
  gguf: {
    architecture: 'smollm3',
    interleaved: true,
    read: (_, common) => ({ ...common, no_rope_layer_interval: interval }),
    lacks({ ropeLayers, numHiddenLayers, slidingWindow, attentionBias, mlpBias }) {
      if (slidingWindow !== null) return 'its SmolLM3 has no sliding window';
      if (attentionBias || mlpBias) return 'its SmolLM3 has no biases';
      const usual = everyFourth(numHiddenLayers, interval);
      const same = usual.every((turned, layer) => turned === (ropeLayers?.[layer] ?? true));
      return same ? undefined : 'its SmolLM3 leaves every fourth layer unturned';
    },
  },
};

const everyFourth = (layers: number, interval: number) =>
  Array.from({ length: layers }, (_, layer) => (layer + 1) % interval !== 0);

function parseRopeLayers(fields: Fields, layers: number): boolean[] {
  const list = fields.get('no_rope_layers');
  if (list === undefined) {
    return everyFourth(layers, fields.int('no_rope_layer_interval', { fallback: interval }));
  }
  if (!Array.isArray(list) || list.length < layers || list.some((n) => n !== 0 && n !== 1)) {
    throw fields.invalid('no_rope_layers', `a list of 0 and 1 for each of the ${layers} layers`);
  }
  return list.slice(0, layers).map((n) => n === 1);
}
