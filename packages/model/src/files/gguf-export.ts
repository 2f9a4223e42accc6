import { AttuneError } from '@attune/gpu';
import type { ModelConfig } from '../config/config.ts';
import { expectedTensors } from '../config/parse.ts';
import { ropeDivisors } from '../config/rope.ts';
import { ggufName, ROPE_FACTORS, rotatedProjection, toGgufRows } from './gguf-names.ts';
import { ggufTokenizer } from './gguf-tokenizer-export.ts';
import { type GgufMetadata, ggmlType } from './gguf-types.ts';
import { ggufValue, type LazyGgufTensor, streamGguf } from './gguf-writer.ts';
import type { TokenizerFiles } from './open-tokenizer.ts';
import { encodeGgml, type WritableType } from './quantise.ts';
import { elements, type WeightSource } from './weights.ts';

/** llama.cpp's numbers for what most of a file's tensors are. */
const FILE_TYPES: Readonly<Record<WritableType, number>> = { F32: 0, F16: 1, Q8_0: 7, BF16: 32 };

export interface GgufExport {
  config: ModelConfig;
  weights: Pick<WeightSource, 'float32'>;
  tokenizer?: TokenizerFiles;
  /** `general.name`. */
  name: string;
  /** What matrices are stored as; norms and biases stay F32. */
  type: WritableType;
}

/**
 * A model of the Llama family as a GGUF that llama.cpp runs, piece by piece: one tensor is held at a time.
 * @throws AttuneError `unsupported-export`
 * @example await writeFile('model.gguf', exportGguf({ config, weights, tokenizer, name: 'mine', type: 'F16' }));
 */
export function exportGguf(model: GgufExport): AsyncGenerator<Uint8Array, void, undefined> {
  return streamGguf(ggufMetadata(model), ggufTensors(model));
}

/** The metadata that llama.cpp needs to run a model of this config. */
export function ggufMetadata(model: Omit<GgufExport, 'weights'>): GgufMetadata {
  const { config: c, tokenizer } = model;
  const { string, uint32, float32 } = ggufValue;
  const metadata: GgufMetadata = new Map([
    ['general.architecture', string('llama')],
    ['general.type', string('model')],
    ['general.name', string(model.name)],
    ['general.file_type', uint32(FILE_TYPES[model.type])],
    ['general.quantization_version', uint32(2)],
    ['llama.block_count', uint32(c.numHiddenLayers)],
    ['llama.context_length', uint32(c.maxPositionEmbeddings)],
    ['llama.embedding_length', uint32(c.hiddenSize)],
    ['llama.feed_forward_length', uint32(c.intermediateSize)],
    ['llama.attention.head_count', uint32(c.numAttentionHeads)],
    ['llama.attention.head_count_kv', uint32(c.numKeyValueHeads)],
    ['llama.attention.layer_norm_rms_epsilon', float32(c.rmsNormEps)],
    ['llama.rope.freq_base', float32(c.rope.theta)],
    ['llama.rope.dimension_count', uint32(c.headDim)],
    ['llama.vocab_size', uint32(c.vocabSize)],
  ]);
  if (c.headDim * c.numAttentionHeads !== c.hiddenSize) {
    metadata.set('llama.attention.key_length', uint32(c.headDim));
    metadata.set('llama.attention.value_length', uint32(c.headDim));
  }
  if (c.slidingWindow !== null) {
    metadata.set('llama.attention.sliding_window', uint32(c.slidingWindow));
  }
  if (c.rope.type === 'linear') {
    metadata.set('llama.rope.scaling.type', string('linear'));
    metadata.set('llama.rope.scaling.factor', float32(c.rope.factor));
  }
  if (tokenizer !== undefined) {
    for (const [key, value] of ggufTokenizer(tokenizer, c)) metadata.set(key, value);
  }
  return metadata;
}

/** The tensors under llama.cpp's names, q and k in its row order, rotary divisors where there are any. */
export function ggufTensors({ config, weights, type }: GgufExport): LazyGgufTensor[] {
  const tensors: LazyGgufTensor[] = [];
  if (config.rope.type === 'llama3' || config.rope.type === 'factors') {
    const divisors = Float32Array.from(ropeDivisors(config.rope, config.headDim));
    tensors.push({
      name: ROPE_FACTORS,
      type: 'F32',
      shape: [divisors.length],
      data: async () => encodeGgml(divisors, 'F32', divisors.length),
    });
  }
  for (const { name, shape } of expectedTensors(config)) {
    const there = ggufName(name);
    if (there === undefined) {
      throw new AttuneError(
        'unsupported-export',
        `llama.cpp's Llama has no place for the tensor ${name}.`,
        'Write safetensors instead.',
      );
    }
    const row = shape.at(-1)!;
    const stored = shape.length === 1 ? 'F32' : row % ggmlType(type)!.block === 0 ? type : 'F16';
    tensors.push({
      name: there,
      type: stored,
      shape,
      async data() {
        const bytes = encodeGgml(await weights.float32(name), stored, row);
        const side = rotatedProjection(name);
        if (side === undefined) return bytes;
        const heads = side === 'q' ? config.numAttentionHeads : config.numKeyValueHeads;
        const rowBytes = (bytes.length / elements(shape)) * (shape.length === 1 ? 1 : row);
        return toGgufRows(bytes, { heads, rowBytes });
      },
    });
  }
  return tensors;
}
