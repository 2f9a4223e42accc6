import { AttuneError, nearest } from '@attune/gpu';
import type { ModelConfig } from '../config/config.ts';
import { expectedTensors } from '../families/families.ts';
import { ggmlDecoder } from './dequantise.ts';
import { unsupportedDtype } from './safetensors.ts';
import type { WeightSource } from './weights.ts';

/**
 * Every tensor that the config asks for is there, has the right shape, and is of a type that can be read.
 * Nothing is loaded.
 * @throws AttuneError `missing-tensor`, `wrong-shape`, `unsupported-dtype`
 */
export function checkWeights(config: ModelConfig, weights: WeightSource, file: string): void {
  for (const { name, shape } of expectedTensors(config)) {
    if (!weights.has(name)) {
      const near = nearest(name, weights.names());
      throw new AttuneError(
        'missing-tensor',
        `${file} has no tensor ${name} of shape [${shape.join(', ')}], which its config asks for.`,
        `Take weights and config of one model${near === undefined ? '' : ` (the nearest name there is ${near})`}.`,
      );
    }
    const info = weights.info(name);
    if (info.shape.length !== shape.length || info.shape.some((n, i) => n !== shape[i])) {
      throw new AttuneError(
        'wrong-shape',
        `${file}: tensor ${name} has the shape [${info.shape.join(', ')}]; its config asks for [${shape.join(', ')}].`,
        'Take weights and config of one model.',
      );
    }
    if (ggmlDecoder(info.dtype) === undefined) throw unsupportedDtype(name, info.dtype, file);
  }
}

/**
 * A tokenizer may know fewer ids than the embedding has rows (padding), never more.
 * @throws AttuneError `vocabulary-mismatch`
 */
export function checkVocabulary(
  tokenizerJson: Record<string, unknown>,
  config: ModelConfig,
  file: string,
): void {
  let largest = -1;
  let token = '';
  const see = (id: unknown, content: string) => {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0) {
      throw new AttuneError(
        'tokenizer-invalid',
        `${file}: the tokenizer gives ${JSON.stringify(content.slice(0, 80))} the id ${JSON.stringify(id) ?? 'undefined'}, which is not a whole number.`,
        'Take the tokenizer.json that belongs to the model.',
      );
    }
    if (id > largest) {
      largest = id;
      token = content;
    }
  };
  const vocab = (tokenizerJson.model as { vocab?: unknown } | null | undefined)?.vocab;
  if (Array.isArray(vocab)) see(Math.max(0, vocab.length - 1), 'the last piece');
  else if (typeof vocab === 'object' && vocab !== null) {
    for (const [content, id] of Object.entries(vocab)) see(id, content);
  }
  const added = tokenizerJson.added_tokens;
  if (Array.isArray(added)) {
    for (const entry of added as ({ id?: unknown; content?: unknown } | null)[]) {
      see(entry?.id, String(entry?.content));
    }
  }
  if (largest < config.vocabSize) return;
  throw new AttuneError(
    'vocabulary-mismatch',
    `${file}: the tokenizer gives ${JSON.stringify(token.slice(0, 80))} the id ${largest}, but the embedding has ${config.vocabSize} rows.`,
    'Take the tokenizer that belongs to the weights, or resize the embedding.',
  );
}
