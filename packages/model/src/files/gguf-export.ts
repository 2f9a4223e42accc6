import { AttuneError } from '@attune/gpu';
import type { ModelConfig } from '../config/config.ts';
import { ropeDivisors } from '../config/rope.ts';
import { blueprintOf, familyOf } from '../families/families.ts';
import {
  ggufPlaces,
  interleavedHeads,
  LONG_FACTORS,
  ROPE_FACTORS,
  SHORT_FACTORS,
  toGgufRows,
} from './gguf-names.ts';
import { ggufTokenizer } from './gguf-tokenizer-export.ts';
import { type GgufMetadata, type GgufValue, ggmlType } from './gguf-types.ts';
import { ggufValue, type LazyGgufTensor, streamGguf } from './gguf-writer.ts';
import type { TokenizerFiles } from './open-tokenizer.ts';
import { encodeGgml, type WritableType } from './quantise.ts';
import { Rounding } from './rounding.ts';
import { transposed, type WeightSource } from './weights.ts';

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
  /** Measures what storing costs, where it is asked for. */
  rounding?: Rounding;
}

/**
 * A model as a GGUF that llama.cpp runs, piece by piece: one tensor is held at a time.
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
  const { gguf } = familyOf(c.modelType);
  const lack = gguf.lacks?.(c);
  if (lack !== undefined) {
    throw new AttuneError(
      'unsupported-export',
      `llama.cpp would compute another model: ${lack}.`,
      'Write safetensors instead.',
    );
  }
  const metadata: GgufMetadata = new Map([
    ['general.architecture', string(gguf.architecture)],
    ['general.type', string('model')],
    ['general.name', string(model.name)],
    ['general.file_type', uint32(FILE_TYPES[model.type])],
    ['general.quantization_version', uint32(2)],
  ]);
  const set = (key: string, value: GgufValue) => metadata.set(`${gguf.architecture}.${key}`, value);
  set('block_count', uint32(c.numHiddenLayers));
  set('context_length', uint32(c.maxPositionEmbeddings));
  set('embedding_length', uint32(c.hiddenSize));
  set('feed_forward_length', uint32(c.intermediateSize));
  set('attention.head_count', uint32(c.numAttentionHeads));
  set('attention.head_count_kv', uint32(c.numKeyValueHeads));
  const layerNorms = blueprintOf(c).norm.type === 'layer';
  set(`attention.layer_norm_${layerNorms ? '' : 'rms_'}epsilon`, float32(c.rmsNormEps));
  set('vocab_size', uint32(c.vocabSize));
  if (c.rope.type !== 'none') {
    set('rope.freq_base', float32(c.rope.theta));
    set('rope.dimension_count', uint32(c.headDim));
  }
  if (c.headDim * c.numAttentionHeads !== c.hiddenSize) {
    set('attention.key_length', uint32(c.headDim));
    set('attention.value_length', uint32(c.headDim));
  }
  if (c.slidingWindow !== null) set('attention.sliding_window', uint32(c.slidingWindow));
  if (c.rope.type === 'linear') {
    set('rope.scaling.type', string('linear'));
    set('rope.scaling.factor', float32(c.rope.factor));
  }
  for (const [key, value] of gguf.write?.(c) ?? []) set(key, value);
  if (tokenizer !== undefined) {
    for (const [key, value] of ggufTokenizer(tokenizer, c)) metadata.set(key, value);
  }
  return metadata;
}

/**
 * The tensors under llama.cpp's names and in its layout: q and k with their rows interleaved where it rotates
 * neighbours, every matrix as [out, in], norms with what is added to their weights, rotary divisors where there are any.
 */
export function ggufTensors({
  config,
  weights,
  type,
  rounding = new Rounding(),
}: GgufExport): LazyGgufTensor[] {
  const tensors: LazyGgufTensor[] = [];
  if (config.head === 'score') {
    throw new AttuneError(
      'unsupported-export',
      'llama.cpp has no place for the tensor score.weight of a reward model.',
      'Write safetensors instead.',
    );
  }
  for (const [name, list] of rotaryDivisors(config)) {
    const divisors = Float32Array.from(list);
    tensors.push({
      name,
      type: 'F32',
      shape: [divisors.length],
      data: async () => encodeGgml(divisors, 'F32', divisors.length),
    });
  }
  for (const { name, there, module, kind } of ggufPlaces(config)) {
    const flat = kind === 'bias' || module.kind === 'norm' || module.role === 'positions';
    const row = module.kind === 'linear' ? module.in : module.out;
    const rows = module.kind === 'linear' ? module.out : module.in;
    const stored = flat ? 'F32' : row % ggmlType(type)!.block === 0 ? type : 'F16';
    const vector = kind === 'bias' || module.kind === 'norm';
    tensors.push({
      name: there,
      type: stored,
      shape: vector ? [module.out] : [rows, row],
      async data() {
        let values = await weights.float32(name);
        if (kind === 'weight' && module.offset) {
          const { offset } = module;
          values = values.map((value) => value + offset);
        }
        if (kind === 'weight' && module.transposed) values = transposed(values, row, rows);
        const bytes = encodeGgml(values, stored, row);
        rounding.add(name, values, bytes, stored);
        const heads = interleavedHeads(config, module);
        if (heads === undefined) return bytes;
        return toGgufRows(bytes, { heads, rowBytes: bytes.length / module.out });
      },
    });
  }
  return tensors;
}

/** What rotary frequencies are divided by, where a tensor says so: one set, or longrope's two. */
function rotaryDivisors({ rope, headDim }: ModelConfig): [string, ArrayLike<number>][] {
  if (rope.type === 'factors' && rope.longFactors) {
    return [
      [LONG_FACTORS, rope.longFactors],
      [SHORT_FACTORS, rope.factors],
    ];
  }
  if (rope.type !== 'llama3' && rope.type !== 'factors') return [];
  return [[ROPE_FACTORS, ropeDivisors(rope, headDim)]];
}
