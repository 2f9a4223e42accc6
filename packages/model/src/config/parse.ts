import { familyOf } from '../families/families.ts';
import type { ModelConfig } from './config.ts';
import { fieldsOf } from './fields.ts';

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
  return family.parse(fields);
}
