import { AttuneError } from '@attune/gpu';
import { describe, expect, it } from 'vitest';
import { expectedTensors, MODEL_TYPES } from '../families/families.ts';
import { parseConfig } from './parse.ts';
import { ropeTable } from './rope.ts';

/** The least that a config says; what is absent has transformers' defaults. */
const least = {
  model_type: 'llama',
  vocab_size: 384,
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
};

const llama3 = {
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 64,
};

function codeOf(json: Record<string, unknown>): string {
  try {
    parseConfig(json);
  } catch (error) {
    if (error instanceof AttuneError) return error.code;
    throw error;
  }
  return 'no error';
}

describe('a Llama config', () => {
  it('has the defaults of transformers where it is silent', () => {
    expect(parseConfig(least)).toEqual({
      modelType: 'llama',
      architecture: 'LlamaForCausalLM',
      head: 'lm',
      numLabels: 1,
      vocabSize: 384,
      hiddenSize: 32,
      intermediateSize: 48,
      numHiddenLayers: 2,
      numAttentionHeads: 4,
      numKeyValueHeads: 4,
      headDim: 8,
      maxPositionEmbeddings: 2048,
      hiddenAct: 'silu',
      rmsNormEps: 1e-6,
      initializerRange: 0.02,
      rope: { type: 'default', theta: 10000 },
      slidingWindow: null,
      tieWordEmbeddings: false,
      attentionBias: false,
      attentionOutputBias: false,
      mlpBias: false,
      bosTokenId: 1,
      eosTokenIds: [2],
      padTokenId: null,
      dtype: 'float32',
    });
  });

  it('says the same in the words of 2024 and of today', () => {
    const linear = { type: 'linear', factor: 4 };
    const pairs: [old: object, now: object][] = [
      [
        { rope_theta: 5e5, rope_scaling: null, torch_dtype: 'bfloat16' },
        { rope_parameters: { rope_type: 'default', rope_theta: 5e5 }, dtype: 'bfloat16' },
      ],
      [
        { rope_theta: 1e4, rope_scaling: linear },
        { rope_parameters: { rope_type: 'linear', rope_theta: 1e4, factor: 4 } },
      ],
      [
        { rope_theta: 5e5, rope_scaling: { rope_type: 'llama3', ...llama3 } },
        { rope_parameters: { rope_type: 'llama3', rope_theta: 5e5, ...llama3 } },
      ],
    ];
    for (const [old, now] of pairs) {
      expect(parseConfig({ ...least, ...old })).toEqual(parseConfig({ ...least, ...now }));
    }
    expect(parseConfig({ ...least, rope_scaling: linear }).rope).toEqual({
      type: 'linear',
      theta: 10000,
      factor: 4,
    });
  });

  it('takes null for absent, and a list of ids where there are several', () => {
    const config = parseConfig({
      ...least,
      head_dim: null,
      num_key_value_heads: null,
      bos_token_id: null,
      eos_token_id: [128001, 128008],
      pad_token_id: -1,
    });
    expect(config).toMatchObject({ headDim: 8, numKeyValueHeads: 4, bosTokenId: null });
    expect(config).toMatchObject({ eosTokenIds: [128001, 128008], padTokenId: null });
  });

  it('may have heads that do not add up to its width', () => {
    expect(parseConfig({ ...least, head_dim: 16 }).headDim).toBe(16);
  });

  it('reads a longrope of one set of factors as divisors', () => {
    const factors = [1, 2, 3, 4];
    const rope = { rope_type: 'longrope', rope_theta: 1e4, attention_factor: 1 };
    const both = { short_factor: factors, long_factor: factors };
    const read = (more: object) => parseConfig({ ...least, rope_parameters: { ...rope, ...more } });
    expect(read(both).rope).toEqual({ type: 'factors', theta: 1e4, factors });
    expect(() => read({ ...both, long_factor: [1, 2, 3, 5] })).toThrow('long_factor');
    expect(() => read({ ...both, attention_factor: 1.2 })).toThrow('attention_factor');
    expect(() => read({ ...both, short_factor: [1] })).toThrow('short_factor');
  });
});

describe('a Mistral config', () => {
  it('tells an absent window from none', () => {
    const mistral = { ...least, model_type: 'mistral', num_attention_heads: 16 };
    expect(parseConfig(mistral)).toMatchObject({ slidingWindow: 4096, numKeyValueHeads: 8 });
    expect(parseConfig({ ...mistral, sliding_window: null }).slidingWindow).toBeNull();
    expect(parseConfig({ ...mistral, sliding_window: 8 }).slidingWindow).toBe(8);
    expect(parseConfig({ ...mistral, num_key_value_heads: null }).numKeyValueHeads).toBe(16);
  });
});

/** The least that a config of each family says. */
const { model_type: _, ...body } = least;
const gpt2 = { model_type: 'gpt2' };
const of = (model_type: string, more: object = {}) => parseConfig({ model_type, ...body, ...more });

describe('configs of other families', () => {
  it('have the defaults of transformers where they are silent', () => {
    expect(of('qwen2', { num_attention_heads: 32, hidden_size: 64 })).toMatchObject({
      ...{ architecture: 'Qwen2ForCausalLM', numKeyValueHeads: 32, attentionBias: true },
      ...{ attentionOutputBias: false, slidingWindow: null, maxPositionEmbeddings: 32768 },
      ...{ bosTokenId: null, eosTokenIds: [], padTokenId: null },
    });
    expect(of('qwen3', { num_key_value_heads: 2 })).toMatchObject({ headDim: 128 });
    expect(of('gemma3_text')).toMatchObject({
      ...{ headDim: 256, numKeyValueHeads: 4, hiddenAct: 'gelu_pytorch_tanh' },
      ...{ queryPreAttnScalar: 256, slidingWindow: 4096, tieWordEmbeddings: true },
      ...{ rope: { type: 'default', theta: 1e6 }, localRope: { type: 'default', theta: 1e4 } },
      ...{ bosTokenId: 2, eosTokenIds: [1], padTokenId: 0 },
      layerTypes: ['sliding_attention', 'sliding_attention'],
    });
    expect(of('phi3')).toMatchObject({ rmsNormEps: 1e-5, padTokenId: 32000, slidingWindow: null });
    const smollm3 = of('smollm3', { num_hidden_layers: 5 });
    expect(smollm3.ropeLayers).toEqual([true, true, true, false, true]);
    expect(smollm3).toMatchObject({
      rope: { theta: 2e6 },
      tieWordEmbeddings: true,
      padTokenId: 128004,
    });
    expect(of('olmo2')).toMatchObject({ rmsNormEps: 1e-5, eosTokenIds: [50279], padTokenId: 1 });
    expect(parseConfig(gpt2)).toMatchObject({
      ...{ architecture: 'GPT2LMHeadModel', vocabSize: 50257, hiddenSize: 768, headDim: 64 },
      ...{ intermediateSize: 3072, maxPositionEmbeddings: 1024, rmsNormEps: 1e-5 },
      ...{ hiddenAct: 'gelu_pytorch_tanh', rope: { type: 'none' }, tieWordEmbeddings: true },
      ...{ bosTokenId: 50256, eosTokenIds: [50256], padTokenId: null },
    });
  });

  it('have windows only where the switch is on, and layer types before patterns', () => {
    const window = { sliding_window: 8, num_hidden_layers: 3, max_window_layers: 1 };
    expect(of('qwen2', { ...window, num_key_value_heads: 4 }).slidingWindow).toBeNull();
    expect(
      of('qwen2', { ...window, num_key_value_heads: 4, use_sliding_window: true }),
    ).toMatchObject({
      slidingWindow: 8,
      layerTypes: ['full_attention', 'sliding_attention', 'sliding_attention'],
    });
    const types = ['sliding_attention', 'full_attention'];
    const both = { sliding_window: 8, sliding_window_pattern: 6, layer_types: types };
    expect(of('gemma3_text', both).layerTypes).toEqual(types);
    expect(of('gemma3_text', { sliding_window_pattern: 1 }).slidingWindow).toBeNull();
    expect(of('gemma3_text', { sliding_window_pattern: 2 }).layerTypes).toEqual(types);
  });

  it('of Gemma 3 scale the angles of layers that see all, in the words of either age', () => {
    const scaling = { rope_type: 'linear', factor: 8 };
    const old = { rope_theta: 2e6, rope_local_base_freq: 5e3, rope_scaling: scaling };
    const now = {
      rope_parameters: {
        full_attention: { ...scaling, rope_theta: 2e6 },
        sliding_attention: { rope_type: 'default', rope_theta: 5e3 },
      },
    };
    expect(of('gemma3_text', old)).toEqual(of('gemma3_text', now));
    expect(of('gemma3_text', old).rope).toEqual({ type: 'linear', theta: 2e6, factor: 8 });
  });

  it.each([
    ['mixture of experts', 'qwen3', { num_experts: 8 }, 'num_experts'],
    ['latent attention', 'llama', { kv_lora_rank: 512 }, 'kv_lora_rank'],
    ['capped logits', 'gemma3_text', { final_logit_softcapping: 30 }, 'final_logit_softcapping'],
    ['capped scores', 'gemma3_text', { attn_logit_softcapping: 50 }, 'attn_logit_softcapping'],
    ['a factor', 'llama', { residual_multiplier: 0.22 }, 'residual_multiplier'],
    ['eyes ahead', 'gemma3_text', { use_bidirectional_attention: true }, 'use_bidirectional'],
    ['another gate', 'gemma3_text', { hidden_activation: 'silu' }, 'hidden_activation'],
    ['heads turned in part', 'phi3', { partial_rotary_factor: 0.75 }, 'partial_rotary_factor'],
    [
      'longrope',
      'llama',
      { rope_scaling: { type: 'longrope', short_factor: [1, 1, 1, 1], long_factor: [1, 1, 2, 2] } },
      'long_factor',
    ],
    [
      'longrope with too few factors',
      'phi3',
      { rope_scaling: { type: 'su', short_factor: [1, 1, 1, 1], long_factor: [1] } },
      'long_factor',
    ],
    ['yarn', 'phi3', { rope_scaling: { type: 'yarn', factor: 4 } }, 'type is "yarn"'],
    [
      'chunked attention',
      'qwen2',
      { layer_types: ['chunked_attention', 'full_attention'] },
      'layer_types',
    ],
    ['layer types too few', 'gemma3_text', { layer_types: ['full_attention'] }, 'layer_types'],
    [
      'windows without a width',
      'qwen2',
      { layer_types: Array(2).fill('sliding_attention') },
      'sliding_window',
    ],
    ['NoPE layers too few', 'smollm3', { no_rope_layers: [1] }, 'no_rope_layers'],
    ['NoPE layers in words', 'smollm3', { no_rope_layers: [true, false] }, 'no_rope_layers'],
    ['heads that do not divide', 'gpt2', { n_embd: 10, n_head: 4 }, 'n_head'],
    [
      'scores scaled by layer',
      'gpt2',
      { scale_attn_by_inverse_layer_idx: true },
      'scale_attn_by_inverse_layer_idx',
    ],
    ['scores not scaled', 'gpt2', { scale_attn_weights: false }, 'scale_attn_weights'],
    ['cross attention', 'gpt2', { add_cross_attention: true }, 'add_cross_attention'],
    [
      'an activation of its own',
      'gpt2',
      { activation_function: 'gelu_fast' },
      'activation_function',
    ],
    ['a vocabulary in words', 'gpt2', { vocab_size: 'many' }, 'vocab_size'],
  ])('are refused by name for %s', (_, type, more, key) => {
    const heads = { num_key_value_heads: 4 };
    expect(() => of(type, { ...heads, ...more })).toThrow(key);
  });

  it('of Phi-3 with longrope have the positions of the first training, and angles that are scaled', () => {
    const factors = { short_factor: [1, 1, 2, 2], long_factor: [1, 2, 4, 8] };
    const old = { rope_scaling: { type: 'su', ...factors }, rope_theta: 5e3 };
    const long = { max_position_embeddings: 1024, original_max_position_embeddings: 64 };
    const config = of('phi3', { ...old, ...long });
    expect(config.maxPositionEmbeddings).toBe(64);
    expect(config.rope).toEqual({
      ...{ type: 'factors', theta: 5e3, factors: [1, 1, 2, 2], longFactors: [1, 2, 4, 8] },
      ...{ attentionFactor: Math.sqrt(1 + 4 / 6), originalMaxPositionEmbeddings: 64 },
    });
    const { original_max_position_embeddings } = long;
    const inner = { rope_type: 'longrope', rope_theta: 5e3, ...factors };
    const now = { rope_parameters: { ...inner, original_max_position_embeddings } };
    expect(of('phi3', { ...now, max_position_embeddings: 1024 })).toEqual(config);
    const { cos } = ropeTable(config.rope, 8, 2);
    expect(cos[0]).toBeCloseTo(Math.sqrt(1 + 4 / 6), 6);
  });

  it('may name what changes nothing', () => {
    const plain = { num_experts: null, num_local_experts: 0, logit_scale: 1, clip_qkv: null };
    expect(of('llama', { ...plain, attn_logit_softcapping: null })).toEqual(of('llama'));
  });
});

describe('a score model’s config', () => {
  it('asks for score.weight in place of the output layer', () => {
    const config = parseConfig({
      ...least,
      architectures: ['LlamaForSequenceClassification'],
      id2label: { '0': 'LABEL_0' },
    });
    expect(config).toMatchObject({ head: 'score', numLabels: 1 });
    expect([...expectedTensors(config)].at(-1)).toEqual({ name: 'score.weight', shape: [1, 32] });
  });
});

describe('expected tensors', () => {
  it('follow biases, grouped heads and tying', () => {
    const names = (more: object) =>
      [...expectedTensors(parseConfig({ ...least, ...more }))].map(({ name }) => name);
    expect(names({})).toHaveLength(3 + 2 * 9);
    expect(names({ tie_word_embeddings: true })).toHaveLength(2 + 2 * 9);
    expect(names({ attention_bias: true, mlp_bias: true })).toHaveLength(3 + 2 * 16);
    const grouped = [...expectedTensors(parseConfig({ ...least, num_key_value_heads: 2 }))];
    expect(grouped.find(({ name }) => name.endsWith('0.self_attn.k_proj.weight'))?.shape).toEqual([
      16, 32,
    ]);
  });
});

describe('a config that cannot be used', () => {
  it('names the types that run here', () => {
    try {
      parseConfig({ ...least, model_type: 'mamba' });
      expect.unreachable();
    } catch (error) {
      expect((error as AttuneError).code).toBe('unknown-model-type');
      for (const type of MODEL_TYPES) expect((error as AttuneError).remedy).toContain(type);
    }
  });

  it.each([
    ['no model_type', { model_type: undefined }, 'missing-config-field'],
    ['a model_type from the prototype', { model_type: 'toString' }, 'unknown-model-type'],
    ['no vocab_size', { vocab_size: undefined }, 'missing-config-field'],
    ['no hidden_size', { hidden_size: null }, 'missing-config-field'],
    ['a negative width', { hidden_size: -32 }, 'invalid-config-field'],
    ['half a layer', { num_hidden_layers: 1.5 }, 'invalid-config-field'],
    ['2^31 layers', { num_hidden_layers: 2 ** 31 }, 'invalid-config-field'],
    ['a width in words', { hidden_size: '32' }, 'invalid-config-field'],
    ['heads that do not group', { num_key_value_heads: 3 }, 'invalid-config-field'],
    ['heads that do not divide the width', { num_attention_heads: 5 }, 'missing-config-field'],
    ['an odd head', { head_dim: 7 }, 'invalid-config-field'],
    ['an eps of 0', { rms_norm_eps: 0 }, 'invalid-config-field'],
    ['a tie that is a string', { tie_word_embeddings: 'yes' }, 'invalid-config-field'],
    ['an eos that is a string', { eos_token_id: '2' }, 'invalid-config-field'],
    ['an eos in a list in a list', { eos_token_id: [[2]] }, 'invalid-config-field'],
    ['architectures that are a string', { architectures: 'Llama' }, 'invalid-config-field'],
    ['rope_scaling that is a list', { rope_scaling: [] }, 'invalid-config-field'],
    ['linear RoPE without a factor', { rope_scaling: { type: 'linear' } }, 'missing-config-field'],
    ['yarn', { rope_scaling: { type: 'yarn', factor: 4 } }, 'unsupported-config'],
    ['heads rotated in part', { partial_rotary_factor: 0.5 }, 'unsupported-config'],
    ['another activation', { hidden_act: 'gelu' }, 'unsupported-config'],
    ['quantised weights', { quantization_config: { bits: 4 } }, 'unsupported-config'],
    [
      'llama3 factors in the wrong order',
      { rope_scaling: { rope_type: 'llama3', ...llama3, high_freq_factor: 1 } },
      'invalid-config-field',
    ],
  ])('is refused by name: %s', (_, change, code) => {
    expect(codeOf({ ...least, ...change })).toBe(code);
  });

  it('never runs or follows auto_map', () => {
    const config = { ...least, auto_map: { AutoModel: 'evil.py' } };
    expect(codeOf(config)).toBe('no error');
  });
});
