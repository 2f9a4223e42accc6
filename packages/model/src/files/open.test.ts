import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ropeDivisors } from '../config/rope.ts';
import { bytesFromPath } from './bytes.ts';
import { folderFromFiles, type ModelFolder, readJson } from './folder.ts';
import { readGguf } from './gguf.ts';
import { writeGguf } from './gguf-writer.ts';
import { withTexts } from './model-texts.ts';
import { openModel } from './open.ts';
import { readSafetensors } from './safetensors.ts';
import { writeSafetensors } from './safetensors-writer.ts';
import { faultOf, text } from './testing/fault.ts';
import { fixture } from './testing/fixture.ts';
import { forward } from './testing/forward.ts';

const expected = await readSafetensors(await bytesFromPath(fixture('logits.safetensors')));

/** The files of a fixture folder in memory, some replaced or (undefined) left out. */
async function filesOf(
  name: string,
  changes: Record<string, unknown> = {},
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const file of await readdir(fixture(name))) {
    files.set(file, new Uint8Array(await readFile(fixture(`${name}/${file}`))));
  }
  for (const [file, content] of Object.entries(changes)) {
    if (content === undefined) files.delete(file);
    else if (content instanceof Uint8Array) files.set(file, content);
    else files.set(file, text(typeof content === 'string' ? content : JSON.stringify(content)));
  }
  return files;
}

const folderOf = async (name: string, changes?: Record<string, unknown>): Promise<ModelFolder> =>
  folderFromFiles(await filesOf(name, changes), name);

async function json(name: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(fixture(name), 'utf8')) as Record<string, unknown>;
}

describe('an opened model', () => {
  it.each([
    ['llama-sharded', 'llama-sharded'],
    ['llama-2024', 'llama-2024'],
    ['llama-q4_0.gguf', 'gguf'],
    ['llama-rope3-q8_0.gguf', 'gguf'],
  ])('computes the reference’s logits from %s', async (name, rows) => {
    const model = await openModel(fixture(name));
    const raw = await expected.raw(`${rows}.input_ids`);
    const logits = await forward(model, [...new BigInt64Array(raw.buffer)].map(Number));
    const want = await expected.float32(`${name.replace('.gguf', '')}.last_logits`);
    const off = logits
      .slice(-4)
      .flat()
      .map((v, i) => Math.abs(v - want[i]!));
    expect(Math.max(...off)).toBeLessThan(3e-5);
  });

  it('brings the files beside the weights', async () => {
    const model = await openModel(fixture('llama-2024'));
    expect(model.tokenizer.tokenizerJson.added_tokens).toHaveLength(4);
    expect(model.tokenizer.tokenizerConfig?.pad_token).toBe('<|pad|>');
    expect(model.tokenizer.chatTemplate).toContain('<|im_start|>');
    expect(model.generationConfig?.eos_token_id).toBe(2);
    expect(model.rawConfig.torch_dtype).toBe('bfloat16');
    expect(model.weights.info('model.embed_tokens.weight').dtype).toBe('BF16');
  });

  it('opens from Blobs as from a path', async () => {
    const blobs = [...(await filesOf('llama-2024'))].map(
      ([name, bytes]) => [name, new Blob([bytes.slice()])] as const,
    );
    const model = await openModel(folderFromFiles(new Map(blobs)));
    expect(model.config).toEqual((await openModel(fixture('llama-2024'))).config);
    const gguf = await openModel(new Blob([await readFile(fixture('llama-q4_0.gguf'))]));
    expect(gguf.config.hiddenSize).toBe(64);
  });

  it('opens without a tokenizer, and says so when one is needed', async () => {
    const model = await openModel(fixture('llama-sharded'));
    expect(await faultOf(async () => model.tokenizer)).toBe('missing-tokenizer');
  });

  it('takes the chat template from wherever it is', async () => {
    const named = [
      { name: 'tool_use', template: 'x' },
      { name: 'default', template: 'y' },
    ];
    for (const [changes, template] of [
      [{ 'chat_template.jinja': undefined, 'chat_template.json': { chat_template: 'j' } }, 'j'],
      [{ 'chat_template.jinja': undefined, 'tokenizer_config.json': { chat_template: 'c' } }, 'c'],
      [
        { 'chat_template.jinja': undefined, 'tokenizer_config.json': { chat_template: named } },
        'y',
      ],
      [{ 'chat_template.jinja': undefined }, undefined],
      [{ 'chat_template.jinja': 'f', 'tokenizer_config.json': { chat_template: 'c' } }, 'f'],
    ] as const) {
      const model = await openModel(await folderOf('llama-2024', changes));
      expect(model.tokenizer.chatTemplate).toBe(template);
    }
  });

  it('takes further templates by name, from the list or from their folder', async () => {
    const named = [
      { name: 'tool_use', template: 'x' },
      { name: 'default', template: 'y' },
    ];
    const listed = {
      'chat_template.jinja': undefined,
      'tokenizer_config.json': { chat_template: named },
    };
    const model = await openModel(await folderOf('llama-2024', listed));
    expect(model.tokenizer).toMatchObject({ chatTemplate: 'y', namedTemplates: { tool_use: 'x' } });

    const folder = await mkdtemp(join(tmpdir(), 'attune-'));
    try {
      for (const [file, bytes] of await filesOf('llama-2024')) {
        await writeFile(join(folder, file), bytes);
      }
      await mkdir(join(folder, 'additional_chat_templates'));
      await writeFile(join(folder, 'additional_chat_templates', 'rag.jinja'), 'z');
      const { tokenizer } = await openModel(folder);
      expect(tokenizer.chatTemplate).toContain('<|im_start|>');
      expect(tokenizer.namedTemplates).toEqual({ rag: 'z' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('reads the files that older folders name their tokens in', async () => {
    const roles = {
      'special_tokens_map.json': { eos_token: '</s>' },
      'added_tokens.json': { x: 300 },
    };
    const config = async (changes: Record<string, unknown>) =>
      (await openModel(await folderOf('llama-2024', changes))).tokenizer.tokenizerConfig;
    const own = { eos_token: '<|im_end|>', pad_token: '<|pad|>' };
    expect(await config({ ...roles, 'tokenizer_config.json': own })).toEqual({
      eos_token: '</s>',
      pad_token: '<|pad|>',
      added_tokens_decoder: { 300: { content: 'x', special: false } },
    });
    const newer = { ...own, added_tokens_decoder: {} };
    expect(await config({ ...roles, 'tokenizer_config.json': newer })).toEqual(newer);
  });

  it('takes other texts in place of its own, whose files are then these too', async () => {
    const model = await openModel(await folderOf('llama-2024'));
    const changed = withTexts(model, {
      rawConfig: { ...model.rawConfig, eos_token_id: 5, pad_token_id: 6 },
      generationConfig: { eos_token_id: [5, 2] },
      tokenizer: {
        ...model.tokenizer,
        tokenizerConfig: { eos_token: 'x' },
        chatTemplate: 'new',
      },
    });
    expect(changed.config).toMatchObject({ eosTokenIds: [5], padTokenId: 6 });
    expect(changed.generationConfig).toEqual({ eos_token_id: [5, 2] });
    expect(await readJson(changed.files, 'generation_config.json')).toEqual({
      eos_token_id: [5, 2],
    });
    expect(await readJson(changed.files, 'tokenizer_config.json')).toEqual({ eos_token: 'x' });
    expect(await readJson(changed.files, 'tokenizer.json')).toEqual(model.tokenizer.tokenizerJson);
    const opened = await openModel(changed.files);
    expect(opened.config.eosTokenIds).toEqual([5]);
    expect(opened.tokenizer.chatTemplate).toBe('new');
    // Nothing changed: nothing is written anew.
    expect(withTexts(model, {})).toBe(model);
  });
});

describe('a GGUF file', () => {
  const path = fixture('llama-rope3-q8_0.gguf');

  it('gives Hugging Face’s names and shapes', async () => {
    const { weights, config } = await openModel(path);
    expect(weights.names()).toContain('model.layers.1.self_attn.q_proj.weight');
    expect(weights.names().some((name) => /blk|rope/.test(name))).toBe(false);
    expect(weights.info('model.layers.1.self_attn.k_proj.weight').shape).toEqual([32, 64]);
    expect(config.tieWordEmbeddings).toBe(false);
    expect(weights.has('lm_head.weight')).toBe(true);
  });

  it('gives raw rows of q in the order of its float32 rows', async () => {
    const { weights } = await openModel(path);
    const name = 'model.layers.0.self_attn.q_proj.weight';
    const [raw, values] = [await weights.raw(name), await weights.float32(name)];
    const { float32 } = await readGguf(
      writeGguf(new Map(), [{ name: 'q', type: 'Q8_0', shape: [64, 64], data: raw }]),
    );
    expect(await float32('q')).toEqual(values);
    // Row 2i + p of a head in the file is row p · 8 + i here.
    const own = await (await readGguf(await bytesFromPath(path))).float32('blk.0.attn_q.weight');
    expect(values.slice(64 * 9, 64 * 10)).toEqual(own.slice(64 * 3, 64 * 4));
  });

  it('finds the llama3 settings behind rope_freqs.weight', async () => {
    const { config, gguf } = await openModel(path);
    expect(config.rope).toEqual({
      type: 'llama3',
      theta: 500000,
      factor: 8,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalMaxPositionEmbeddings: 64,
    });
    const stored = await gguf!.float32('rope_freqs.weight');
    expect(Float32Array.from(ropeDivisors(config.rope, 16))).toEqual(stored);
  });

  it('is a folder’s weights, with the config and the tokenizer beside it or its own', async () => {
    const gguf = new Uint8Array(await readFile(fixture('llama-q4_0.gguf')));
    const own = await openModel(folderFromFiles(new Map([['m.gguf', gguf]])));
    const beside = await openModel(
      folderFromFiles(
        new Map([
          ['m.gguf', gguf],
          ['config.json', text(JSON.stringify({ ...own.rawConfig, rope_theta: 777 }))],
          ['tokenizer.json', new Uint8Array(await readFile(fixture('llama-2024/tokenizer.json')))],
        ]),
      ),
    );
    expect(beside.config).toEqual(own.config);
    expect(beside.tokenizer.tokenizerConfig).toBeUndefined();
    expect(own.tokenizer.tokenizerConfig?.eos_token).toBe('<|im_end|>');
    const odd = folderFromFiles(
      new Map([
        ['a.gguf', gguf],
        ['b.gguf', gguf],
      ]),
    );
    expect(await faultOf(() => openModel(odd))).toBe('ambiguous-weights');
  });
});

const config = await json('llama-2024/config.json');
const file = await readSafetensors(await bytesFromPath(fixture('llama-2024/model.safetensors')));
const tensors = await Promise.all(
  file.names().map(async (name) => ({
    name,
    dtype: 'BF16' as const,
    shape: file.info(name).shape,
    data: await file.raw(name),
  })),
);
const without = writeSafetensors(tensors.filter((t) => t.name !== 'model.norm.weight'));
const double = writeSafetensors(
  tensors.map((t) =>
    t.name === 'model.norm.weight'
      ? { ...t, dtype: 'F64' as const, data: new Uint8Array(24 * 8) }
      : t,
  ),
);
const tokenizer = await json('llama-2024/tokenizer.json');
const added = tokenizer.added_tokens as object[];

describe('a GGUF beside a config.json that says less', () => {
  it('keeps its own output layer and its rotary divisors', async () => {
    const bytes = new Uint8Array(await readFile(fixture('llama-rope3-q8_0.gguf')));
    const own = await openModel(folderFromFiles(new Map([['m.gguf', bytes]])));
    const said = { ...own.rawConfig, tie_word_embeddings: true, rope_parameters: undefined };
    const config = text(JSON.stringify({ ...said, rope_theta: 500000 }));
    const files = new Map([
      ['m.gguf', bytes],
      ['config.json', config],
    ]);
    expect((await openModel(folderFromFiles(files))).config).toEqual(own.config);
  });
});

describe('a model that cannot be used', () => {
  it.each([
    ['a tensor is missing', { 'model.safetensors': without }, 'missing-tensor'],
    ['a tensor has a type that is not read', { 'model.safetensors': double }, 'unsupported-dtype'],
    [
      'a shape is not the config’s',
      { 'config.json': { ...config, intermediate_size: 48 } },
      'wrong-shape',
    ],
    [
      'the config wants more layers',
      { 'config.json': { ...config, num_hidden_layers: 2 } },
      'missing-tensor',
    ],
    [
      'the output layer is missing',
      { 'config.json': { ...config, tie_word_embeddings: false } },
      'missing-tensor',
    ],
    ['the config is missing', { 'config.json': undefined }, 'file-not-found'],
    ['the config is cut', { 'config.json': '{"model_type": "lla' }, 'invalid-json'],
    ['the config is a list', { 'config.json': [] }, 'invalid-json'],
    ['the config is not UTF-8', { 'config.json': Uint8Array.of(0xff, 0xfe) }, 'invalid-utf8'],
    [
      'the config is of another family',
      { 'config.json': { ...config, model_type: 'mamba' } },
      'unknown-model-type',
    ],
    ['the weights are missing', { 'model.safetensors': undefined }, 'missing-weights'],
    ['the weights are cut', { 'model.safetensors': without.slice(0, -1) }, 'file-truncated'],
    ['the tokenizer is cut', { 'tokenizer.json': '{' }, 'invalid-json'],
    [
      'a token lies past the embedding',
      { 'tokenizer.json': { ...tokenizer, added_tokens: [...added, { id: 384, content: 'x' }] } },
      'vocabulary-mismatch',
    ],
    [
      'a token has a negative id',
      { 'tokenizer.json': { ...tokenizer, added_tokens: [{ id: -1, content: 'x' }] } },
      'tokenizer-invalid',
    ],
    [
      'a token’s id is text',
      { 'tokenizer.json': { model: { type: 'BPE', vocab: { a: '7' } } } },
      'tokenizer-invalid',
    ],
    [
      'the chat template is a number',
      { 'chat_template.jinja': undefined, 'tokenizer_config.json': { chat_template: 7 } },
      'tokenizer-invalid',
    ],
    ['the generation config is cut', { 'generation_config.json': '[1' }, 'invalid-json'],
  ])('is refused by name when %s', async (_, changes, code) => {
    expect(await faultOf(async () => openModel(await folderOf('llama-2024', changes)))).toBe(code);
  });

  it('may have fewer tokens than rows', async () => {
    const fewer = { model: { type: 'BPE', vocab: { a: 0 } }, added_tokens: [] };
    const model = await openModel(await folderOf('llama-2024', { 'tokenizer.json': fewer }));
    expect(model.config.vocabSize).toBe(384);
  });

  it('is refused as an adapter where the folder holds one', async () => {
    const adapter = { 'model.safetensors': undefined, 'adapter_config.json': {} };
    await expect(openModel(await folderOf('llama-2024', adapter))).rejects.toThrow(
      'holds an adapter, not a model',
    );
  });

  it('names tensor and both shapes', async () => {
    const folder = await folderOf('llama-2024', {
      'config.json': { ...config, intermediate_size: 48 },
    });
    await expect(openModel(folder)).rejects.toThrow(
      'model.layers.0.mlp.gate_proj.weight has the shape [40, 24]; its config asks for [48, 24]',
    );
  });

  it('is refused when the path leads nowhere, to a lone safetensors file or to a dangling link', async () => {
    expect(await faultOf(() => openModel(fixture('nothing-here')))).toBe('file-not-found');
    expect(await faultOf(() => openModel(fixture('quant.safetensors')))).toBe('not-a-model');
    const folder = await mkdtemp(join(tmpdir(), 'attune-'));
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
    await symlink(join(folder, 'gone'), join(folder, 'model.safetensors'));
    expect(await faultOf(() => openModel(folder))).toBe('file-not-found');
    await rm(folder, { recursive: true });
  });
});
