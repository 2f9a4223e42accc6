import { expect, it } from 'vitest';
import { bytesFromMemory } from './bytes.ts';
import { folderFromFiles } from './folder.ts';
import { openModel } from './open.ts';
import { readSafetensors } from './safetensors.ts';
import { writeSafetensors } from './safetensors-writer.ts';
import { text } from './testing/fault.ts';

const config = {
  ...{ model_type: 'gpt2', vocab_size: 6, n_embd: 4, n_head: 1, n_layer: 1, n_positions: 3 },
};
const shapes: Record<string, number[]> = {
  'wte.weight': [6, 4],
  'wpe.weight': [3, 4],
  'h.0.ln_1.weight': [4],
  'h.0.ln_1.bias': [4],
  'h.0.attn.bias': [1, 1, 3, 3],
  'h.0.attn.c_attn.weight': [4, 12],
  'h.0.attn.c_attn.bias': [12],
  'h.0.attn.c_proj.weight': [4, 4],
  'h.0.attn.c_proj.bias': [4],
  'h.0.ln_2.weight': [4],
  'h.0.ln_2.bias': [4],
  'h.0.mlp.c_fc.weight': [4, 16],
  'h.0.mlp.c_fc.bias': [16],
  'h.0.mlp.c_proj.weight': [16, 4],
  'h.0.mlp.c_proj.bias': [4],
  'ln_f.weight': [4],
  'ln_f.bias': [4],
};
const bytes = writeSafetensors(
  Object.entries(shapes).map(([name, shape], i) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const data = new Uint8Array(Float32Array.from({ length: count }, (_, k) => i + k / 64).buffer);
    return { name, dtype: 'F32' as const, shape, data };
  }),
);

it('names of a file without its model’s prefix are those of the model, and causal masks are no parameters', async () => {
  const files = new Map([
    ['model.safetensors', bytes],
    ['config.json', text(JSON.stringify(config))],
  ]);
  const { weights } = await openModel(folderFromFiles(files));
  expect(weights.names()).toHaveLength(16);
  expect(weights.names()).not.toContain('transformer.h.0.attn.bias');
  const own = await readSafetensors(bytesFromMemory(bytes, 'gpt2'));
  const name = 'h.0.attn.c_attn.weight';
  expect(weights.info(`transformer.${name}`).shape).toEqual([4, 12]);
  expect(await weights.float32(`transformer.${name}`)).toEqual(await own.float32(name));
  expect(await weights.raw('transformer.ln_f.bias')).toEqual(await own.raw('ln_f.bias'));
});
