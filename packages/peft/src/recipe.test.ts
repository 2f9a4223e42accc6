import { defaultsOf, readValues, snakeCase } from '@attune/config';
import { openModel } from '@attune/model';
import { describe, expect, test } from 'vitest';
import { kinds, tuningMethod } from './methods.ts';
import { peftConfigOf, peftKeys, trlPeftKeys } from './recipe.ts';

const fixtures = new URL('../fixtures', import.meta.url).pathname;
const model = await openModel(`${fixtures}/families/llama`);

/** What a recipe of these keys asks for, read as the command line reads it: words, then defaults. */
function asked(recipe: Record<string, unknown>) {
  const reading = { where: 'recipe.yaml', spelling: 'snake' } as const;
  const { values } = readValues(peftKeys, recipe, reading, trlPeftKeys);
  return peftConfigOf({ ...defaultsOf(peftKeys), ...values });
}

test('every key of every kind is a key of recipes, with a help line', () => {
  for (const { config } of kinds) {
    for (const name of Object.keys(config)) {
      const key = peftKeys[name as keyof typeof peftKeys];
      expect(key, name).toBeDefined();
      expect(key.nullable || key.default !== null, name).toBe(true);
    }
  }
  expect(Object.keys(peftKeys).map(snakeCase)).toContain('encoder_hidden_size');
});

test("TRL's keys of ModelConfig have TRL's defaults", () => {
  const trl = Object.entries(peftKeys).filter(([, { trl }]) => trl);
  const own = trl.filter(([name]) => /^lora|^use/.test(name));
  expect(Object.fromEntries(own.map(([name, key]) => [snakeCase(name), key.default]))).toEqual({
    use_peft: false,
    lora_r: 16,
    lora_alpha: 32,
    lora_dropout: 0.05,
    lora_target_modules: null,
    lora_modules_to_save: null,
    lora_task_type: 'CAUSAL_LM',
    use_rslora: false,
  });
});

test('a name that two kinds have is one key, with the choices and the help of both', () => {
  const { initWeights } = peftKeys;
  expect(initWeights.choices).toEqual(['zero', 'bert', 'mam_adapter', 'houlsby']);
  expect(initWeights.help).toMatch(/Prefix Tuning.*Bottleneck/);
  expect(peftKeys.numVirtualTokens.help.match(/usual/g)).toHaveLength(1);
});

describe('what a recipe asks for', () => {
  test('all parameters, whatever rank stands beside', () => {
    expect(asked({})).toBeUndefined();
    expect(asked({ lora_r: 8, lora_target_modules: 'all-linear' })).toBeUndefined();
    expect(asked({ prefix_projection: false, leave_out: 'none' })).toBeUndefined();
  });

  test("LoRA by TRL's names", () => {
    const recipe = { use_peft: true, lora_r: '4', lora_target_modules: 'q_proj,v_proj' };
    expect(asked(recipe)).toEqual({
      peft_type: 'LORA',
      r: 4,
      lora_alpha: 32,
      lora_dropout: 0.05,
      target_modules: ['q_proj', 'v_proj'],
      task_type: 'CAUSAL_LM',
      use_rslora: false,
    });
  });

  test("LoRA by PEFT's own names", () => {
    const recipe = {
      peft_type: 'LORA',
      r: 4,
      lora_alpha: 8,
      lora_dropout: 0,
      target_modules: String.raw`.*\.(q_proj|o_proj)`,
      rank_pattern: { o_proj: 2 },
      layers_pattern: 'none',
      init_lora_weights: 'gaussian',
    };
    expect(asked(recipe)).toEqual({
      ...recipe,
      layers_pattern: undefined,
      task_type: 'CAUSAL_LM',
      use_rslora: false,
    });
    const more = {
      layers_to_transform: 1,
      target_modules: 'q_proj,v_proj',
      init_lora_weights: true,
    };
    expect(asked({ peft_type: 'LORA', ...more })).toMatchObject({
      layers_to_transform: [1],
      target_modules: ['q_proj', 'v_proj'],
      init_lora_weights: true,
    });
  });

  test('one expression is a pattern, one name a list of one', () => {
    const of = (names: unknown) =>
      asked({ use_peft: true, lora_target_modules: names }) as unknown as {
        target_modules: unknown;
      };
    expect(of(['.*(q|v)_proj']).target_modules).toBe('.*(q|v)_proj');
    expect(of('down_proj').target_modules).toEqual(['down_proj']);
    expect(of(['all-linear']).target_modules).toEqual(['all-linear']);
  });

  test('other kinds by their names, without keys that are not given', () => {
    expect(asked({ peft_type: 'PREFIX_TUNING', num_virtual_tokens: 5 })).toEqual({
      peft_type: 'PREFIX_TUNING',
      num_virtual_tokens: 5,
    });
    expect(asked({ adapter_config: 'par_bn', reduction_factor: 4, leave_out: '0,1' })).toEqual({
      peft_type: 'BOTTLENECK',
      adapter_config: 'par_bn',
      reduction_factor: 4,
      leave_out: [0, 1],
    });
    expect(asked({ peft_type: 'BITFIT', add_biases: true })).toEqual({
      peft_type: 'BITFIT',
      add_biases: true,
    });
  });

  test('and each makes its method', () => {
    for (const [recipe, kind] of [
      [{ use_peft: true, lora_r: 4 }, 'LORA'],
      [{ peft_type: 'P_TUNING', num_virtual_tokens: 2, encoder_hidden_size: 8 }, 'P_TUNING'],
      [{ adapter_config: 'double_seq_bn', init_weights: 'houlsby' }, 'BOTTLENECK'],
      [{}, 'FULL'],
    ] as const) {
      expect(tuningMethod(asked(recipe), model).kind).toBe(kind);
    }
  });
});

test.each<[Record<string, unknown>, string, RegExp]>([
  [{ num_virtual_tokens: 4 }, 'missing-key', /num_virtual_tokens is 4, but no peft_type/],
  [{ reduction_factor: 4 }, 'missing-key', /reduction_factor is 4, but no adapter_config/],
  [{ rank_pattern: { q_proj: 2 } }, 'missing-key', /rank_pattern is .* but no peft_type/],
  [
    { peft_type: 'P_TUNING', num_virtual_tokens: 4, prompt_tuning_init: 'TEXT' },
    'bad-value',
    /prompt_tuning_init is TEXT, a key of Prompt Tuning that P-Tuning does not have/,
  ],
  [{ use_peft: true, adapter_config: 'seq_bn' }, 'bad-value', /use_peft and adapter_config seq_bn/],
  [{ use_peft: true, peft_type: 'BITFIT' }, 'bad-value', /use_peft and peft_type BITFIT/],
  [{ use_peft: true, lora_r: 4, r: 2 }, 'bad-value', /lora_r and r are two names/],
  [{ use_dora: true }, 'key-not-done', /use_dora is true: DoRA/],
  [{ lora_target_parameters: ['a'] }, 'key-not-done', /lora_target_parameters is/],
  [{ peft_type: 'IA3' }, 'bad-value', /peft_type is "IA3", not one of LORA/],
])('%o is refused', (recipe, code, message) => {
  expect(() => asked(recipe)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
});

test("TRL's keys pass at TRL's defaults", () => {
  expect(asked({ use_dora: false, lora_target_parameters: null, use_peft: false })).toBeUndefined();
});
