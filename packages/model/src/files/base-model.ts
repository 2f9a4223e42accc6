import type { ModelConfig } from '../config/config.ts';
import { blueprintOf, expectedTensors } from '../families/families.ts';
import { float32Rows, rawRows, type WeightSource } from './weights.ts';

/**
 * Weights of a file that names them as the model without its head does: embed_tokens.weight for
 * model.embed_tokens.weight, or wte.weight in openai-community/gpt2, beside causal masks that are no parameters.
 * Other files are left as they are.
 */
export function baseModelNames(weights: WeightSource, config: ModelConfig): WeightSource {
  const table = `${blueprintOf(config).tokens.path}.weight`;
  const prefix = table.slice(0, table.indexOf('.') + 1);
  const inner = (name: string) => (name.startsWith(prefix) ? name.slice(prefix.length) : name);
  if (weights.has(table) || !weights.has(inner(table))) return weights;
  const names = [...expectedTensors(config)].map(({ name }) => name);
  const has = (name: string) => weights.has(inner(name));
  return {
    has,
    names: () => names.filter(has),
    info: (name) => weights.info(inner(name)),
    float32: (name) => weights.float32(inner(name)),
    raw: (name) => weights.raw(inner(name)),
    float32Rows: (name, ...rows) => float32Rows(weights, inner(name), ...rows),
    rawRows: (name, ...rows) => rawRows(weights, inner(name), ...rows),
  };
}
