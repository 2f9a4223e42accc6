import { AttuneError } from '@attune/gpu';
import type { ExpectedTensor, ModelConfig, ModelType } from './config.ts';
import { llamaTensors, parseLlama, parseMistral } from './families/llama.ts';
import { type Fields, fieldsOf } from './fields.ts';

/** What a model family adds: how its config is read, and the tensors that it asks for. */
interface Family {
  parse(fields: Fields): ModelConfig;
  tensors(config: ModelConfig): Iterable<ExpectedTensor>;
}

const FAMILIES: Readonly<Record<ModelType, Family>> = {
  llama: { parse: parseLlama, tensors: llamaTensors },
  mistral: { parse: parseMistral, tensors: llamaTensors },
};

/** The `model_type`s that run here. */
export const MODEL_TYPES = Object.keys(FAMILIES) as ModelType[];

/**
 * Reads a Hugging Face config.json, in the spelling of transformers 4 or 5, with their defaults where a
 * key is absent.
 * @throws AttuneError `unknown-model-type`, `missing-config-field`, `invalid-config-field`, `unsupported-config`
 */
export function parseConfig(json: Record<string, unknown>, where = 'config.json'): ModelConfig {
  const fields = fieldsOf(json, where);
  const type = fields.text('model_type');
  if (!Object.hasOwn(FAMILIES, type)) {
    throw new AttuneError(
      'unknown-model-type',
      `${where}: model_type is ${JSON.stringify(type.slice(0, 80))}, which does not run here.`,
      `Use a model of one of these types: ${MODEL_TYPES.join(', ')}.`,
    );
  }
  if (fields.get('quantization_config') !== undefined) {
    throw fields.unsupported(
      'quantization_config',
      'a quantisation that is not read here (use safetensors in f32, f16 or bf16, or a GGUF file)',
    );
  }
  return FAMILIES[type as ModelType].parse(fields);
}

/** The tensors a model of this config must have, by Hugging Face name, in order of use. */
export function expectedTensors(config: ModelConfig): Iterable<ExpectedTensor> {
  return FAMILIES[config.modelType].tensors(config);
}
