import { familyOf } from '../families/families.ts';
import type { ModelConfig } from './config.ts';
import { type Fields, fieldsOf } from './fields.ts';

/** Keys of decoders that are built otherwise, with the values that mean nothing is different. */
const ELSEWHERE: readonly (readonly [what: string, keys: readonly string[], plain: unknown])[] = [
  [
    'a mixture of experts',
    ['num_experts', 'num_local_experts', 'n_routed_experts', 'moe_intermediate_size'],
    0,
  ],
  ['multi-head latent attention', ['kv_lora_rank', 'q_lora_rank'], 0],
  ['a soft cap', ['attn_logit_softcapping', 'final_logit_softcapping', 'logits_soft_cap'], 0],
  ['clipped queries, keys and values', ['clip_qkv'], 0],
  [
    'a factor',
    [
      ...['embedding_multiplier', 'residual_multiplier', 'attention_multiplier', 'logits_scaling'],
      ...['logit_scale', 'scale_emb', 'scale_depth'],
    ],
    1,
  ],
  ['another norm', ['qk_layernorm', 'use_qk_norm', 'use_parallel_residual'], false],
];

function refuseElsewhere(fields: Fields): void {
  for (const [what, keys, plain] of ELSEWHERE) {
    for (const key of keys) {
      if ((fields.get(key) ?? plain) === plain) continue;
      throw fields.unsupported(key, `${what}, which does not run here`);
    }
  }
}

/**
 * Reads a Hugging Face config.json, in the spelling of transformers 4 or 5, with their defaults where a
 * key is absent.
 * @throws AttuneError `unknown-model-type`, `missing-config-field`, `invalid-config-field`, `unsupported-config`
 */
export function parseConfig(json: Record<string, unknown>, where = 'config.json'): ModelConfig {
  const fields = fieldsOf(json, where);
  const family = familyOf(fields.text('model_type'), where);
  if (fields.get('quantization_config') !== undefined) {
    throw fields.unsupported(
      'quantization_config',
      'a quantisation that is not read here (use safetensors in f32, f16 or bf16, or a GGUF file)',
    );
  }
  refuseElsewhere(fields);
  return family.parse(fields);
}
