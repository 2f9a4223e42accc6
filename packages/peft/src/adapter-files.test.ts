import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderFromFiles, openModel, scoreModel } from '@attune/model';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  adapterGguf,
  mergeAdapter,
  type OpenAdapterOptions,
  openAdapter,
} from './adapter-files.ts';
import { tensorsFile, tensorsOf } from './adapter-tensors.ts';
import { type PeftConfig, tuningMethod } from './methods.ts';

const fixtures = new URL('../fixtures', import.meta.url).pathname;
const tied = await openModel(
  new URL('../../sft/fixtures/models/llama-tied', import.meta.url).pathname,
);
const untied = await openModel(`${fixtures}/families/llama`);
const [configFile, weightsFile] = ['adapter_config.json', 'adapter_model.safetensors'];
const read = (path: string) => new Uint8Array(readFileSync(`${fixtures}/${path}`));
const jsonOf = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));
const bytesOf = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));

/** The files of a recorded adapter, with other keys in its config or other files. */
function files(
  name: string,
  change: Record<string, unknown> = {},
  more: Record<string, Uint8Array | null> = {},
) {
  const config = { ...jsonOf(read(`variants/${name}/${configFile}`)), ...change };
  const all = new Map<string, Uint8Array>([
    [configFile!, bytesOf(config)],
    [weightsFile!, read(`variants/${name}/${weightsFile}`)],
  ]);
  for (const [file, bytes] of Object.entries(more)) {
    if (bytes) all.set(file, bytes);
    else all.delete(file);
  }
  return folderFromFiles(all, 'adapter');
}

const refused = (folder: Parameters<typeof openAdapter>[0], options: OpenAdapterOptions = {}) =>
  openAdapter(folder, tied, options).then(
    () => expect.unreachable(),
    (error: { code: string; message: string; remedy: string }) => error,
  );

describe('a key that is not at its default is done, or refused by its name with what to do', () => {
  test.each<[string, unknown, string, RegExp]>([
    [
      'init_lora_weights',
      'pissa',
      'unsupported-adapter',
      /path_initial_model_for_weight_conversion/,
    ],
    ['init_lora_weights', 'pissa_niter_16', 'unsupported-adapter', /path_initial_model/],
    ['init_lora_weights', 'olora', 'unsupported-adapter', /path_initial_model/],
    ['init_lora_weights', 'corda', 'unsupported-adapter', /path_initial_model/],
    ['init_lora_weights', 'loftq', 'unsupported-adapter', /path_initial_model/],
    ['init_lora_weights', 'lora_ga', 'unsupported-adapter', /path_initial_model/],
    ['init_lora_weights', 'eva', 'unsupported-adapter', /set it to true/],
    ['init_lora_weights', 'mica', 'unsupported-adapter', /B trains too/],
    ['init_lora_weights', 'of-2027', 'unsupported-adapter', /Give true/],
    ['bias', 'lora_only', 'unsupported-adapter', /bias none/],
    ['use_dora', true, 'unsupported-adapter', /merge_and_unload/],
    ['lora_bias', true, 'unsupported-adapter', /merge_and_unload/],
    ['use_qalora', true, 'unsupported-adapter', /merge_and_unload/],
    ['alora_invocation_tokens', [1, 2], 'unsupported-adapter', /merge_and_unload/],
    ['trainable_token_indices', [3], 'unsupported-adapter', /embed_tokens/],
    ['layer_replication', [[0, 2]], 'unsupported-adapter', /merge_and_unload/],
    ['target_parameters', ['mlp.w'], 'unsupported-adapter', /merge_and_unload/],
    ['kasa_config', { beta: 1e-4 }, 'unsupported-adapter', /merge_and_unload/],
    ['velora_config', { num_groups: 2 }, 'unsupported-adapter', /merge_and_unload/],
    ['use_bdlora', { nblocks: 2 }, 'unsupported-adapter', /merge_and_unload/],
    ['monteclora_config', {}, 'unsupported-adapter', /merge_and_unload/],
    ['arrow_config', { top_k: 2 }, 'unsupported-adapter', /merge_and_unload/],
    ['eva_config', { rho: 2 }, 'unsupported-adapter', /merge_and_unload/],
    ['corda_config', { corda_method: 'ipm' }, 'unsupported-adapter', /merge_and_unload/],
    ['lora_ga_config', { a: 1 }, 'unsupported-adapter', /merge_and_unload/],
    ['loftq_config', { loftq_bits: 4 }, 'unsupported-adapter', /merge_and_unload/],
    ['megatron_config', { a: 1 }, 'unsupported-adapter', /merge_and_unload/],
    ['a_key_of_2027', true, 'unsupported-adapter', /Take it out of the file/],
    ['a_key_of_2027', 16, 'unsupported-adapter', /Take it out of the file/],
    ['r', '2', 'bad-adapter-config', /Rank/],
    ['lora_alpha', null, '', /./],
    ['task_type', 'TOKEN_CLS', 'bad-adapter-config', /CAUSAL_LM/],
    ['target_modules', { q_proj: 1 }, 'bad-adapter-config', /regular expression/],
    ['target_modules', ['q_proj', 'c_attn'], 'no-target-modules', /The model has q_proj/],
    ['target_modules', ['q_proj', 'embed_tokens'], 'bad-target-modules', /modules_to_save/],
    ['modules_to_save', ['lm_heat'], 'no-modules-to-save', /mean lm_head/],
    ['layers_pattern', 'layers', 'bad-adapter-config', /layers_to_transform/],
    ['peft_type', 'IA3', 'unsupported-peft-type', /Use one of these/],
  ])('%s = %o', async (key, value, code, remedy) => {
    const folder = files('regex-ignoring-case', { [key]: value });
    if (code === '') {
      await expect(openAdapter(folder, tied)).resolves.toMatchObject({ method: { kind: 'LORA' } });
      return;
    }
    const error = await refused(folder);
    expect(error.code).toBe(code);
    // Names of modules that do not fit are told themselves.
    const name = Array.isArray(value) && /modules$/.test(code) ? value.at(-1) : key;
    expect(error.message).toContain(name);
    expect(error.remedy).toMatch(remedy);
  });

  test.each<[string, unknown]>([
    ['peft_version', '0.99.0'],
    ['auto_mapping', { base_model_class: 'LlamaForCausalLM', unsloth_fixed: true }],
    ['inference_mode', false],
    ['runtime_config', { ephemeral_gpu_offload: true }],
    ['qalora_group_size', 32],
    ['fan_in_fan_out', true],
    ['init_lora_weights', 'orthogonal'],
    ['init_lora_weights', 'gaussian'],
    ['loftq_config', {}],
    ['a_key_of_2027', null],
    ['a_key_of_2027', false],
    ['a_key_of_2027', {}],
  ])('%s = %o changes nothing', async (key, value) => {
    const plain = await openAdapter(files('regex-ignoring-case'), tied);
    const found = await openAdapter(files('regex-ignoring-case', { [key]: value }), tied);
    expect(found.method.tensors).toEqual(plain.method.tensors);
    expect(found.values).toEqual(plain.values);
    const again = found.method.save(found.values, { baseModel: 'base', base: found.config });
    if (key.startsWith('a_key')) expect(jsonOf(again.get(configFile!)!)[key]).toEqual(value);
  });
});

describe('what is written is what trained', () => {
  const saved = (peftConfig: PeftConfig, model = tied) => {
    const method = tuningMethod(peftConfig, model);
    const values = new Map(
      method.tensors.map(({ name, shape }) => [
        name,
        new Float32Array(shape.reduce((a, b) => a * b, 1)),
      ]),
    );
    return method.save(values, { baseModel: 'base' });
  };

  test('names that stand for others are written as the layers that trained', () => {
    const json = (config: object) =>
      jsonOf(saved({ peftType: 'LORA', ...config } as PeftConfig).get(configFile!)!);
    expect(json({}).target_modules).toEqual(['q_proj', 'v_proj']);
    expect(json({ targetModules: 'all-linear' }).target_modules).toHaveLength(7);
    expect(json({ layersToTransform: [1] })).toMatchObject({ layers_to_transform: [1] });
    expect(json({ targetModules: '.*(q|v)_proj' }).target_modules).toBe('.*(q|v)_proj');
    expect(json({})).not.toHaveProperty('ensure_weight_tying');
  });

  test('tensors kept as one are written under both of their names', async () => {
    const peftConfig = { peftType: 'LORA', modulesToSave: ['embed_tokens'] } as const;
    const names = async (more: object) =>
      [...(await tensorsOf(saved({ ...peftConfig, ...more }).get(weightsFile!)!, 'x')).keys()]
        .filter((name) => !name.includes('lora'))
        .sort();
    expect(await names({})).toEqual(['base_model.model.model.embed_tokens.weight']);
    expect(await names({ ensureWeightTying: true })).toEqual([
      'base_model.model.lm_head.weight',
      'base_model.model.model.embed_tokens.weight',
    ]);
  });

  test('a prompt that began with a text names a tokenizer, without which PEFT opens no such file', () => {
    const own = { promptTuningInit: 'TEXT', promptTuningInitText: 'one two' } as const;
    const files = saved({ peftType: 'PROMPT_TUNING', numVirtualTokens: 2, ...own });
    expect(jsonOf(files.get(configFile!)!)).toMatchObject({ tokenizer_name_or_path: 'base' });
  });

  test("what PEFT wrote is written as it was, with PEFT's own keys", async () => {
    for (const name of ['kept-tied', 'one-layer', 'patterns', 'saved-block']) {
      const found = await openAdapter(files(name), tied);
      const again = found.method.save(found.values, {
        baseModel: found.config.base_model_name_or_path as string,
        base: found.config,
      });
      const { layers_to_transform: layers, ...rest } = jsonOf(again.get(configFile!)!);
      const { layers_to_transform: before, ...want } = found.config;
      expect(rest, name).toEqual(want);
      expect([layers].flat()).toEqual([before].flat());
      const tensors = await tensorsOf(again.get(weightsFile!)!, name);
      const own = await tensorsOf(read(`variants/${name}/${weightsFile}`), name);
      expect(Object.fromEntries(tensors), name).toEqual(Object.fromEntries(own));
    }
  });
});

describe('tensors that one config says are one', () => {
  const twin = 'base_model.model.lm_head.weight';
  const changed = async (change: (data: Float32Array) => Float32Array | null) => {
    const tensors = await tensorsOf(read(`variants/kept-tied/${weightsFile}`), 'kept-tied');
    const list = [...tensors].flatMap(([name, { shape, data }]) => {
      const other = name === twin ? change(data) : data;
      return other ? [{ name, shape, data: other }] : [];
    });
    return files('kept-tied', {}, { [weightsFile!]: tensorsFile(list) });
  };

  test('and are not are refused', async () => {
    const error = await refused(await changed((data) => data.map((value) => value + 1)));
    expect(error).toMatchObject({ code: 'tied-tensors-differ' });
    expect(error.remedy).toMatch(/ensure_weight_tying to false/);
  });

  test('may stand in the file once', async () => {
    const found = await openAdapter(await changed(() => null), tied);
    expect(found.values).toEqual((await openAdapter(files('kept-tied'), tied)).values);
  });

  test('are two in a model that does not tie them, and the file has one too many', async () => {
    const found = openAdapter(files('kept-tied'), untied);
    await expect(found).rejects.toThrow(expect.objectContaining({ code: 'unknown-tensor' }));
  });
});

describe('a merged model', () => {
  test.each([
    ['saved-embedding', false],
    ['saved-output', false],
    ['saved-both', false],
    ['kept-tied', true],
    ['saved-norms', true],
    ['all-linear', true],
  ])('of %s has an output layer that is the table: %s', async (name, isTied) => {
    const found = await openAdapter(files(name), tied);
    const merged = mergeAdapter(found.model, found);
    expect(merged.config.tieWordEmbeddings).toBe(isTied);
    expect(merged.rawConfig.tie_word_embeddings).toBe(isTied);
    expect(merged.weights.has('lm_head.weight')).toBe(!isTied);
    expect(tied.config.tieWordEmbeddings).toBe(true);
  });

  test('is the same to readers of numbers and to readers of stored bytes', async () => {
    const found = await openAdapter(files('all-linear'), tied);
    const { weights } = mergeAdapter(found.model, found);
    const name = 'model.layers.0.mlp.down_proj.weight';
    expect(weights.info(name).dtype).toBe('F32');
    const bytes = await weights.raw(name);
    expect(new Float32Array(bytes.buffer)).toEqual(await weights.float32(name));
  });

  test('keeps what the opened model computes when it is asked for', async () => {
    const found = await openAdapter(files('all-linear'), tied);
    const merged = mergeAdapter(found.model, found);
    expect(merged.tokenizer).toBe(tied.tokenizer);
    expect(merged.files).toBe(tied.files);
  });
});

describe('a name of the hub', () => {
  let cache: string;
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'attune-adapters-'));
    vi.stubEnv('HF_HUB_CACHE', cache);
    vi.stubEnv('HF_HUB_OFFLINE', '1');
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(cache, { recursive: true });
  });

  test('is the adapter that the cache holds', async () => {
    const commit = 'c'.repeat(40);
    const home = join(cache, 'models--someone--their-lora');
    const snapshot = join(home, 'snapshots', commit);
    await mkdir(snapshot, { recursive: true });
    await mkdir(join(home, 'refs'));
    await writeFile(join(home, 'refs/main'), commit);
    const folder = files('one-layer');
    for (const name of await folder.list()) {
      const source = await folder.open(name);
      await writeFile(join(snapshot, name), await source.read(0, source.size));
    }
    const found = await openAdapter('someone/their-lora', tied);
    expect([...found.values.keys()]).toEqual([...(await openAdapter(folder, tied)).values.keys()]);
  });

  test('that is neither a folder nor on the hub says both', async () => {
    const error = await openAdapter('someone/their-lora', tied).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'adapter-missing' });
    expect(error.message).toMatch(/no someone\/their-lora\. Nor is there an adapter of that name/);
  });
});

describe('folders', () => {
  test.each<[string, Parameters<typeof openAdapter>[0], string, RegExp]>([
    ['that are not there', 'no/such/folder', 'adapter-missing', /Name the folder/],
    ['of a whole model', tied.files, 'adapter-missing', /model_name_or_path/],
    [
      'without weights',
      files('one-layer', {}, { [weightsFile!]: null }),
      'adapter-missing',
      /holds/,
    ],
    [
      'whose weights are a pickle',
      files('one-layer', {}, { [weightsFile!]: null, 'adapter_model.bin': new Uint8Array(3) }),
      'unsupported-adapter',
      /save_pretrained/,
    ],
    [
      "of AdapterHub's pickle",
      folderFromFiles(
        new Map([
          [configFile!, read(`adapterhub/par-bn/adapter/${configFile}`)],
          ['pytorch_adapter.bin', new Uint8Array(3)],
        ]),
      ),
      'unsupported-adapter',
      /use_safetensors=True/,
    ],
    [
      'whose config is no JSON',
      files('one-layer', {}, { [configFile!]: new Uint8Array([123]) }),
      'bad-adapter-config',
      /PEFT/,
    ],
    [
      'whose config is a list',
      files('one-layer', {}, { [configFile!]: bytesOf([1]) }),
      'bad-adapter-config',
      /PEFT/,
    ],
    [
      'whose config is empty',
      files('one-layer', {}, { [configFile!]: bytesOf({}) }),
      'unsupported-peft-type',
      /Use one/,
    ],
    [
      'whose weights are none',
      files('one-layer', {}, { [weightsFile!]: new Uint8Array(9) }),
      'invalid-safetensors',
      /./,
    ],
  ])('%s are refused', async (_, folder, code, remedy) => {
    const error = await refused(folder);
    expect(error.code).toBe(code);
    expect(error.remedy).toMatch(remedy);
  });

  test('an adapter of another kind than the recipe names', async () => {
    const error = await refused(files('one-layer'), { peftType: 'BITFIT' });
    expect(error.message).toMatch(/peft_type is BITFIT, but .* of the kind LORA/);
  });
});

describe('encoders of virtual tokens', () => {
  const folder = (encoder?: Uint8Array) =>
    folderFromFiles(
      new Map([
        [configFile!, read(`peft/prefix-projection/adapter/${configFile}`)],
        [weightsFile!, read(`peft/prefix-projection/adapter/${weightsFile}`)],
        ...(encoder ? [['prompt_encoder.safetensors', encoder] as const] : []),
      ]),
    );
  const final = read('peft/prefix-projection/final.safetensors');

  test('lie beside for training; without one the adapter computes, and training is refused', async () => {
    expect((await openAdapter(folder(), untied)).lacks).toBe('prompt_encoder.safetensors');
    expect((await openAdapter(folder(final), untied, { training: true })).lacks).toBeUndefined();
    await expect(openAdapter(folder(), untied, { training: true })).rejects.toThrow(
      expect.objectContaining({ code: 'encoder-missing' }),
    );
  });

  test('of other tokens than those that lie there are refused', async () => {
    const first = folder(read('peft/prefix-projection/initial.safetensors'));
    const differs = expect.objectContaining({ code: 'encoder-differs' });
    await expect(openAdapter(first, untied)).rejects.toThrow(differs);
  });
});

describe('a score head that the adapter brings', () => {
  const reward = new URL('../../reward/fixtures', import.meta.url).pathname;
  const folder = `${reward}/reward/lora-from-lm/adapter`;

  test('is put on the model where it is asked for, with its padding', async () => {
    const language = await openModel(`${reward}/models/pref-llama`);
    await expect(openAdapter(folder, language)).rejects.toThrow(
      expect.objectContaining({ code: 'missing-score-head' }),
    );
    const { model, values } = await openAdapter(folder, language, { scores: true });
    expect(model.config).toMatchObject({ head: 'score', numLabels: 1, padTokenId: 3 });
    expect(values.get('score.weight')).toHaveLength(32);
    const scoring = scoreModel(language, { padTokenId: 5 });
    expect((await openAdapter(folder, scoring, { scores: true })).model).toBe(scoring);
  });

  test('adapters of other kinds are refused where they have no place', async () => {
    const found = await openAdapter(`${fixtures}/peft/prompt-text/adapter`, untied);
    expect(() => mergeAdapter(found.model, found)).toThrow(/PROMPT_TUNING, which cannot be added/);
    expect(() => adapterGguf(found.model, found)).toThrow(
      /PROMPT_TUNING, which has no form in GGUF/,
    );
  });
});
