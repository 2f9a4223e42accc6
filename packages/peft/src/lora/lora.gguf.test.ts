import {
  bytesFromMemory,
  type GgufFile,
  type ModelConfig,
  parseConfig,
  readGguf,
} from '@attune/model';
import { expect, test } from 'vitest';
import type { LoraConfig } from './lora.config.ts';
import { writeLoraGguf } from './lora.gguf.ts';
import { loraTuning } from './lora.ts';

const model: ModelConfig = parseConfig(
  {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    max_position_embeddings: 32,
    rms_norm_eps: 1e-5,
    vocab_size: 40,
    tie_word_embeddings: true,
    hidden_act: 'silu',
  },
  'config.json',
);

async function write(config: LoraConfig) {
  const method = loraTuning(model, config);
  const values = new Map(
    method.tensors.map(({ name, shape }, t) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return [name, Float32Array.from({ length: size }, (_, i) => Math.sin(i + 31 * t))];
    }),
  );
  const bytes = writeLoraGguf(model, method, values);
  return { method, values, file: await readGguf(bytesFromMemory(bytes, 'adapter.gguf')) };
}

const text = (file: GgufFile, key: string) => file.metadata.get(key)?.value;

test('the metadata says what llama.cpp looks for', async () => {
  const { file } = await write({ targetModules: ['v_proj'], r: 4, loraAlpha: 8 });
  expect(text(file, 'general.architecture')).toBe('llama');
  expect(text(file, 'general.type')).toBe('adapter');
  expect(text(file, 'adapter.type')).toBe('lora');
  expect(file.metadata.get('adapter.lora.alpha')).toEqual({ type: 'float32', value: 8 });
  expect(file.names()).toEqual([
    'blk.0.attn_v.weight.lora_a',
    'blk.0.attn_v.weight.lora_b',
    'blk.1.attn_v.weight.lora_a',
    'blk.1.attn_v.weight.lora_b',
  ]);
});

test('A and the B of an unrotated layer are kept as they are', async () => {
  const { file, values } = await write({ targetModules: ['down_proj'], r: 3, loraAlpha: 6 });
  const a = 'model.layers.1.mlp.down_proj.lora_A.weight';
  const b = 'model.layers.1.mlp.down_proj.lora_B.weight';
  expect(await file.float32('blk.1.ffn_down.weight.lora_a')).toEqual(values.get(a));
  expect(await file.float32('blk.1.ffn_down.weight.lora_b')).toEqual(values.get(b));
  expect(file.info('blk.1.ffn_down.weight.lora_a').shape).toEqual([3, 24]);
  expect(file.info('blk.1.ffn_down.weight.lora_b').shape).toEqual([16, 3]);
});

test('rows of the B of q and k go from halves to neighbours, head by head', async () => {
  const { file, values } = await write({ targetModules: ['q_proj', 'k_proj'], r: 2 });
  for (const [side, heads] of [
    ['q', 4],
    ['k', 2],
  ] as const) {
    const mine = values.get(`model.layers.0.self_attn.${side}_proj.lora_B.weight`)!;
    const theirs = await file.float32(`blk.0.attn_${side}.weight.lora_b`);
    for (let head = 0; head < heads; head++) {
      for (const [from, to] of [
        [0, 0],
        [1, 2],
        [2, 1],
        [3, 3],
      ] as const) {
        const at = 2 * (4 * head + from);
        const there = 2 * (4 * head + to);
        expect(theirs.slice(there, there + 2)).toEqual(mine.slice(at, at + 2));
      }
    }
  }
});

test('alpha over the rank of each layer, times B, is the scale that was trained', async () => {
  const configs: LoraConfig[] = [
    { targetModules: 'all-linear', r: 4, loraAlpha: 8, useRslora: true },
    {
      targetModules: 'all-linear',
      r: 4,
      loraAlpha: 8,
      rankPattern: { q_proj: 2 },
      alphaPattern: { up_proj: 3 },
    },
    { targetModules: 'all-linear', r: 4, useRslora: true, rankPattern: { up_proj: 9 } },
  ];
  for (const config of configs) {
    const { method, values, file } = await write(config);
    const alpha = Number(text(file, 'adapter.lora.alpha'));
    const layer = method.layers.find(({ path }) => path === 'model.layers.0.mlp.up_proj')!;
    const b = values.get(`${layer.path}.lora_B.weight`)!;
    const written = await file.float32('blk.0.ffn_up.weight.lora_b');
    expect(written[5]! * (alpha / layer.r)).toBeCloseTo(b[5]! * layer.scale, 5);
  }
});

test('an adapter that trains whole tensors too is refused', async () => {
  const config = { targetModules: ['v_proj'], modulesToSave: ['embed_tokens'] };
  await expect(write(config)).rejects.toThrow(/modules_to_save/);
});
