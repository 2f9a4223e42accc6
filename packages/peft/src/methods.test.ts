import { readFileSync } from 'node:fs';
import { snakeCase } from '@attune/config';
import { bytesFromMemory, folderFromFiles, openModel, readSafetensors } from '@attune/model';
import { describe, expect, test } from 'vitest';
import { kindOf, kinds, type PeftConfig, tuningMethod } from './methods.ts';

const fixtures = new URL('../fixtures', import.meta.url).pathname;
const model = await openModel(`${fixtures}/families/llama`);
const json = (file: string) => JSON.parse(readFileSync(`${fixtures}/${file}`, 'utf8'));
const make = (peftConfig: unknown) => tuningMethod(peftConfig as PeftConfig, model);

/** Where a key has another default here than a config of PEFT that nobody has filled in. */
const filled = new Set(['peft_type', 'task_type', 'num_transformer_submodules']);

describe("every key of PEFT's configurations is known with its default", () => {
  const { configs } = json('peft-configs.json') as {
    configs: Record<string, Record<string, unknown>>;
  };
  test.each(Object.keys(configs))('%s', (peftType) => {
    const { config, other } = kindOf(peftType);
    const ours = new Map<string, unknown>([
      ...Object.entries(config).map(
        ([name, key]) => [snakeCase(name), key.default ?? null] as const,
      ),
      ...Object.entries(other.withoutEffect),
      ...Object.entries(other.notDone).map(([name, key]) => [name, key.default] as const),
    ]);
    for (const [name, standard] of Object.entries(configs[peftType]!)) {
      if (name === 'peft_type') continue;
      expect(ours.has(name), name).toBe(true);
      if (!filled.has(name)) expect(ours.get(name), name).toEqual(standard);
    }
    expect([...ours.keys()].filter((name) => !(name in configs[peftType]!))).toEqual([]);
  });

  test("AdapterHub's, as a recorded file has them", () => {
    const { config, other } = kindOf('BOTTLENECK');
    const recorded = json('adapterhub/par-bn/adapter/adapter_config.json').config;
    for (const name of Object.keys(recorded)) {
      const known = Object.keys(config).map(snakeCase).includes(name);
      const fixed = { ...other.withoutEffect, ...other.notDone };
      expect(known || name in fixed, name).toBe(true);
    }
  });
});

test('a help line of any key is understood alone: it names its kind of tuning', () => {
  for (const { config, title } of kinds) {
    const words = title.replace(/ adapters$/, '');
    for (const [name, { help }] of Object.entries(config)) {
      const alone = help.includes(words) || /train|layers|modules_to_save|lora_/i.test(help);
      expect(alone, `${name}: ${help}`).toBe(true);
      expect(help, name).toMatch(/[.]$/);
    }
  }
});

describe('what a peftConfig makes', () => {
  test('all parameters where there is none', () => {
    expect(tuningMethod(undefined, model)).toMatchObject({ kind: 'FULL', leaves: 'model' });
  });

  test("PEFT's own spelling makes what camelCase makes", () => {
    const one = make({ peftType: 'LORA', r: 4, targetModules: ['q_proj'], useRslora: true });
    const two = make({ peft_type: 'LORA', r: 4, target_modules: ['q_proj'], use_rslora: true });
    expect(two.tensors).toEqual(one.tensors);
    expect(two).toMatchObject({ config: (one as never as { config: object }).config });
  });

  test("PEFT's defaults hold: rank 8, alpha 8, queries and values", () => {
    const method = make({ peftType: 'LORA' });
    expect(method).toMatchObject({ layers: { length: 4 }, config: { r: 8, loraAlpha: 8 } });
    expect(method.tensors[0]).toMatchObject({
      name: 'model.layers.0.self_attn.q_proj.lora_A.weight',
      shape: [8, 32],
    });
  });

  test('what a method can do is asked of it, not of its name', async () => {
    const can = (peftConfig?: object) => {
      const method = make(peftConfig);
      const { leaves, virtualTokens, merge, gguf } = method;
      return [leaves, virtualTokens, !!merge, !!gguf, method.trains('sft'), method.trains('dpo')];
    };
    expect(can()).toEqual(['model', undefined, true, false, true, true]);
    expect(can({ peftType: 'LORA' })).toEqual(['adapter', undefined, true, true, true, true]);
    const bitFit = { peftType: 'BITFIT', addBiases: true };
    expect(can(bitFit)).toEqual(['model', undefined, true, false, true, false]);
    for (const peftType of ['PREFIX_TUNING', 'PROMPT_TUNING', 'P_TUNING']) {
      const own = { peftType, numVirtualTokens: 3 };
      expect(can(own), peftType).toEqual(['adapter', 3, false, false, true, false]);
    }
    const placed = { peftType: 'BOTTLENECK', adapterConfig: 'seq_bn' };
    expect(can(placed)).toEqual(['adapter', undefined, false, false, true, false]);
  });

  test('BitFit gives the model biases where it is told to', () => {
    const method = make({ peftType: 'BITFIT', addBiases: true });
    expect(method.modelFor(model).config.attentionBias).toBe(true);
    expect(method.modelFor(model).rawConfig).toMatchObject({ mlp_bias: true });
    expect(make({ peftType: 'LORA' }).modelFor(model)).toBe(model);
  });

  test("AdapterHub's placements, with other keys or without a preset", () => {
    const preset = make({ peftType: 'BOTTLENECK', adapterConfig: 'par_bn', reductionFactor: 4 });
    expect(preset).toMatchObject({ config: { scaling: 4, isParallel: true, reductionFactor: 4 } });
    const { peftType, ...own } = {
      peftType: 'BOTTLENECK',
      mhAdapter: false,
      outputAdapter: true,
      nonLinearity: 'relu',
      reductionFactor: 4,
    };
    expect(make({ peftType, ...own })).toMatchObject({ config: { ...own, scaling: 1 } });
    expect(() => make({ peftType, mhAdapter: true })).toThrow(
      expect.objectContaining({ code: 'missing-key' }),
    );
  });

  test('a text to start from gives the embeddings that PEFT starts from', async () => {
    const text = 'Answer the question briefly.';
    const own = { numVirtualTokens: 10, promptTuningInit: 'TEXT', promptTuningInitText: text };
    const method = make({ peftType: 'PROMPT_TUNING', ...own });
    const start = await method.initial(method.tensors[0]!.name, model.weights);
    const recorded = readFileSync(`${fixtures}/peft/prompt-text/initial/adapter_model.safetensors`);
    const file = await readSafetensors(bytesFromMemory(new Uint8Array(recorded), 'initial'));
    expect(start).toEqual(await file.float32('prompt_embeddings'));
  });

  test('a text to start from has to be text, in tokens of the model', async () => {
    const own = { peftType: 'PROMPT_TUNING', numVirtualTokens: 2, promptTuningInit: 'TEXT' };
    const start = (peftConfig: object, parts: object = model) => {
      const method = tuningMethod(peftConfig as PeftConfig, parts as typeof model);
      return method.initial(method.tensors[0]!.name, model.weights);
    };
    expect(() => start(own)).toThrow(/prompt_tuning_init_text is null/);
    const empty = await openModel(folderFromFiles(new Map(await filesWithoutTokenizer())));
    await expect(start({ ...own, promptTuningInitText: 'x' }, empty)).rejects.toThrow(
      expect.objectContaining({ code: 'missing-tokenizer' }),
    );
  });
});

async function filesWithoutTokenizer(): Promise<[string, Uint8Array][]> {
  const names = ['config.json', 'model.safetensors'];
  return names.map((name) => [name, readFileSync(`${fixtures}/families/llama/${name}`)]);
}

describe('what is refused, and how', () => {
  test.each<[string, unknown, string, RegExp, RegExp]>([
    ['no object', 'LORA', 'bad-value', /peftConfig is "LORA", not an object/, /peftType: 'LORA'/],
    ['no type', { r: 8 }, 'unsupported-peft-type', /peft_type is missing/, /./],
    ['a type misspelt', { peftType: 'LORE' }, 'unsupported-peft-type', /"LORE"/, /mean LORA/],
    ['a type not computed', { peftType: 'IA3' }, 'unsupported-peft-type', /LORA, PREFIX/, /./],
    ['a misspelt key', { peftType: 'LORA', rnk: 8 }, 'unknown-key', /no key rnk/, /mean r\?/],
    [
      'a misspelt key in snake_case',
      { peft_type: 'LORA', target_modulse: ['q_proj'] },
      'unknown-key',
      /no key target_modulse/,
      /mean target_modules\?/,
    ],
    [
      'a mistyped value',
      { peftType: 'LORA', r: '8' },
      'bad-value',
      /r is "8", not a number/,
      /Rank/,
    ],
    ['a rank of none', { peftType: 'LORA', r: 0 }, 'bad-value', /r is 0, not at least 1/, /Rank/],
    ['half a rank', { peftType: 'LORA', r: 1.5 }, 'bad-value', /not a whole number/, /Rank/],
    ['a rank beyond the layer', { peftType: 'LORA', r: 99 }, 'bad-value', /from 1 to 32/, /Mend r/],
    ['dropout of all', { peftType: 'LORA', loraDropout: 1 }, 'bad-value', /not below 1/, /Share/],
    [
      'layers beside a pattern',
      { peftType: 'LORA', targetModules: '.*q_proj', layersToTransform: [0] },
      'bad-value',
      /layers_to_transform is \[0\], not null where target_modules is a pattern/,
      /Numbers of the layers/,
    ],
    [
      'a list of layers without their numbers',
      { peftType: 'LORA', targetModules: ['q_proj'], layersPattern: 'layers' },
      'bad-value',
      /layers_pattern/,
      /layers_to_transform counts in/,
    ],
    [
      'a rank that is no number',
      { peftType: 'LORA', rankPattern: { q_proj: '4' } },
      'bad-value',
      /rank_pattern is .*, not an object of numbers/,
      /Other ranks/,
    ],
    [
      'DoRA',
      { peftType: 'LORA', useDora: true },
      'key-not-done',
      /use_dora is true: DoRA/,
      /Merge/,
    ],
    ['biases', { peft_type: 'LORA', bias: 'all' }, 'key-not-done', /bias is "all"/, /BITFIT/],
    [
      'PiSSA',
      { peftType: 'LORA', initLoraWeights: 'pissa' },
      'key-not-done',
      /init_lora_weights is "pissa"/,
      /path_initial_model_for_weight_conversion/,
    ],
    [
      'an orthogonal start',
      { peftType: 'LORA', initLoraWeights: 'orthogonal' },
      'key-not-done',
      /no such start/,
      /gaussian/,
    ],
    [
      'a module to save that there is not',
      { peftType: 'LORA', modulesToSave: ['lm_heat'] },
      'no-modules-to-save',
      /names lm_heat/,
      /mean lm_head/,
    ],
    [
      'no number of tokens',
      { peftType: 'P_TUNING' },
      'missing-key',
      /numVirtualTokens is missing/,
      /usual/,
    ],
    [
      'no tokens at all',
      { peft_type: 'PREFIX_TUNING', num_virtual_tokens: 0 },
      'bad-value',
      /num_virtual_tokens is 0, not at least 1/,
      /usual/,
    ],
    [
      'a start of zeros for a network that makes them',
      {
        peftType: 'PREFIX_TUNING',
        numVirtualTokens: 2,
        prefixProjection: true,
        initWeights: 'zero',
      },
      'bad-value',
      /init_weights is "zero", not null where prefix_projection is true/,
      /zero starts/,
    ],
    [
      'dropout in an LSTM',
      {
        peftType: 'P_TUNING',
        numVirtualTokens: 2,
        encoderReparameterizationType: 'LSTM',
        encoderDropout: 0.1,
      },
      'bad-value',
      /encoder_dropout is 0.1, not 0 for an LSTM/,
      /only 0 is computed/,
    ],
    [
      'a function that there is not',
      { peftType: 'BOTTLENECK', adapterConfig: 'seq_bn', nonLinearity: 'leakyrelu' },
      'bad-value',
      /nonLinearity is "leakyrelu", not one of relu, swish/,
      /One of/,
    ],
    ['BitFit without biases', { peftType: 'BITFIT' }, 'nothing-to-train', /has none/, /add_biases/],
  ])('%s', (_, peftConfig, code, message, remedy) => {
    try {
      make(peftConfig);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code });
      expect((error as Error).message).toMatch(message);
      expect((error as { remedy: string }).remedy).toMatch(remedy);
    }
  });
});
