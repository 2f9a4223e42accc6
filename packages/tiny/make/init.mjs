/**
 * Writes the untrained embedded model: a Hugging Face folder with fresh weights.
 *
 *   node init.mjs --seed 1 --tokenizer corpus/tokenizer --output init
 *
 * The matrices are normal with deviation `initializer_range`, with two changes that let so small a
 * model find out early how to copy from its context (measured in README.md):
 *
 * - W_q = W_k and W_o = W_vᵀ, head by head: a token first looks at tokens like itself and passes on
 *   what it sees ("mimetic initialization", Trockman and Kolter 2023).
 * - All embeddings share one random offset. It moves every logit alike, so it costs nothing, and
 *   gives attention something that does not depend on the token, by which to look one place back.
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from './random.mjs';
import { writeSafetensors } from './safetensors.mjs';

export const config = {
  architectures: ['LlamaForCausalLM'],
  attention_bias: false,
  attention_dropout: 0.0,
  bos_token_id: 0,
  dtype: 'float32',
  eos_token_id: 0,
  head_dim: 32,
  hidden_act: 'silu',
  hidden_size: 128,
  initializer_range: 0.08,
  intermediate_size: 384,
  max_position_embeddings: 256,
  mlp_bias: false,
  model_type: 'llama',
  num_attention_heads: 4,
  num_hidden_layers: 4,
  num_key_value_heads: 4,
  pad_token_id: 3,
  rms_norm_eps: 1e-5,
  rope_parameters: { rope_theta: 10000.0, rope_type: 'default' },
  tie_word_embeddings: true,
  use_cache: true,
  vocab_size: 2048,
};

export const generationConfig = {
  bos_token_id: 0,
  do_sample: true,
  eos_token_id: [0, 2],
  pad_token_id: 3,
  temperature: 0.7,
  top_p: 0.95,
};

/** Standard normal numbers by Box and Muller. */
function normal(random, count, deviation) {
  const out = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random.unit()));
    const angle = 2 * Math.PI * random.unit();
    out[i] = radius * Math.cos(angle);
    if (i + 1 < count) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}

function transposed(matrix, rows, columns) {
  const out = new Float32Array(matrix.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = matrix[r * columns + c];
  return out;
}

/** Map of name to { shape, data }. The heads keep their own keys and values (no grouping). */
export function freshWeights(seed, { hidden_size: h, intermediate_size: f, num_hidden_layers: layers, vocab_size: v, initializer_range: deviation }) {
  const weights = new Map();
  let stream = 0;
  const matrix = (rows, columns) => normal(new Random(seed, stream++), rows * columns, deviation);
  const add = (name, shape, data) => weights.set(name, { shape, data });
  const offset = matrix(1, h);
  add(
    'model.embed_tokens.weight',
    [v, h],
    matrix(v, h).map((x, i) => x + offset[i % h]),
  );
  for (let layer = 0; layer < layers; layer++) {
    const at = `model.layers.${layer}`;
    const keys = matrix(h, h);
    const values = matrix(h, h);
    add(`${at}.input_layernorm.weight`, [h], new Float32Array(h).fill(1));
    add(`${at}.self_attn.q_proj.weight`, [h, h], keys.slice());
    add(`${at}.self_attn.k_proj.weight`, [h, h], keys);
    add(`${at}.self_attn.v_proj.weight`, [h, h], values);
    add(`${at}.self_attn.o_proj.weight`, [h, h], transposed(values, h, h));
    add(`${at}.post_attention_layernorm.weight`, [h], new Float32Array(h).fill(1));
    add(`${at}.mlp.gate_proj.weight`, [f, h], matrix(f, h));
    add(`${at}.mlp.up_proj.weight`, [f, h], matrix(f, h));
    add(`${at}.mlp.down_proj.weight`, [h, f], matrix(h, f));
  }
  add('model.norm.weight', [h], new Float32Array(h).fill(1));
  return weights;
}

function main() {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      tokenizer: { type: 'string', default: 'corpus/tokenizer' },
      output: { type: 'string', default: 'init' },
    },
  });
  mkdirSync(values.output, { recursive: true });
  const to = (name) => join(values.output, name);
  const weights = freshWeights(Number(values.seed), config);
  writeFileSync(to('model.safetensors'), writeSafetensors(weights, 'F32'));
  writeFileSync(to('config.json'), `${JSON.stringify(config, null, 2)}\n`);
  writeFileSync(to('generation_config.json'), `${JSON.stringify(generationConfig, null, 2)}\n`);
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) copyFileSync(join(values.tokenizer, name), to(name));
  copyFileSync(fileURLToPath(new URL('../model/chat_template.jinja', import.meta.url)), to('chat_template.jinja'));
  const count = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  console.log(`${count} parameters in ${values.output}`);
}

if (process.argv[1]?.endsWith('init.mjs')) main();
