import { AttuneError } from '@attune/gpu';
import { describe, expect, it } from 'vitest';
import { expectedTensors, MODEL_TYPES } from '../families/families.ts';
import { parseConfig } from './parse.ts';

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
