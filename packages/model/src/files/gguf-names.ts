import type { ModelConfig } from '../config/config.ts';
import type { Module, ModuleRole } from '../families/blueprint.ts';
import { familyOf, modulesOf } from '../families/families.ts';

/** llama.cpp's names of modules, the same in all architectures; it has none for a score head. */
const NAMES: Readonly<Record<Exclude<ModuleRole, 'score'>, string>> = {
  tokens: 'token_embd',
  positions: 'position_embd',
  attention_norm: 'attn_norm',
  q: 'attn_q',
  k: 'attn_k',
  v: 'attn_v',
  qkv: 'attn_qkv',
  q_norm: 'attn_q_norm',
  k_norm: 'attn_k_norm',
  o: 'attn_output',
  post_attention_norm: 'post_attention_norm',
  feed_forward_norm: 'ffn_norm',
  gate: 'ffn_gate',
  up: 'ffn_up',
  gate_up: 'ffn_up',
  down: 'ffn_down',
  post_feed_forward_norm: 'post_ffw_norm',
  norm: 'output_norm',
  output: 'output',
};

/** The tensor that holds the divisors of rotary frequencies; it is no weight. */
export const ROPE_FACTORS = 'rope_freqs.weight';
/** Those of longrope, for both lengths of context. */
export const SHORT_FACTORS = 'rope_factors_short.weight';
export const LONG_FACTORS = 'rope_factors_long.weight';

/** A tensor of a model in both worlds. */
export interface GgufPlace {
  /** Hugging Face's name and llama.cpp's. */
  readonly name: string;
  readonly there: string;
  readonly module: Module;
  readonly kind: 'weight' | 'bias';
}

const known = new WeakMap<ModelConfig, readonly GgufPlace[]>();

/** Every tensor of a model that has a place in a GGUF file of its family. */
export function ggufPlaces(config: ModelConfig): readonly GgufPlace[] {
  const places = known.get(config) ?? modulesOf(config).flatMap(placesOf);
  known.set(config, places);
  return places;
}

function placesOf(module: Module): GgufPlace[] {
  const { path, role, layer, bias } = module;
  if (role === 'score') return [];
  const there = `${layer === undefined ? '' : `blk.${layer}.`}${NAMES[role]}`;
  const kinds = bias ? (['weight', 'bias'] as const) : (['weight'] as const);
  return kinds.map((kind) => ({
    ...{ name: `${path}.${kind}`, there: `${there}.${kind}` },
    ...{ module, kind },
  }));
}

/** llama.cpp's name of a tensor such as model.norm.weight; undefined where a GGUF of this family has no place for it. */
export function ggufName(config: ModelConfig, huggingFace: string): string | undefined {
  return ggufPlaces(config).find(({ name }) => name === huggingFace)?.there;
}

/**
 * Whether the rows of a module are in another order in a GGUF: for q and k of a family that llama.cpp rotates by
 * neighbours, over how many heads they are interleaved.
 */
export function interleavedHeads(config: ModelConfig, { role }: Module): number | undefined {
  if (!familyOf(config.modelType).gguf.interleaved) return undefined;
  if (role === 'q') return config.numAttentionHeads;
  return role === 'k' ? config.numKeyValueHeads : undefined;
}

/** What reordering a tensor's rows needs. */
export interface HeadRows {
  /** Query heads for q, key/value heads for k. */
  heads: number;
  /** Bytes of one row (of one element, for a bias). */
  rowBytes: number;
}

/**
 * llama.cpp rotates neighbours where Hugging Face rotates halves, so its q and k have the rows of each head
 * interleaved: row 2i + p of a head there is row p · headDim/2 + i here. Quantised rows move as they are.
 */
export function toHuggingFaceRows(
  bytes: Uint8Array,
  { heads, rowBytes }: HeadRows,
): Uint8Array<ArrayBuffer> {
  return moveRows(bytes, heads, rowBytes, (half, p, i) => [2 * i + p, p * half + i]);
}

/** The inverse of `toHuggingFaceRows`, for writing GGUF (weights, biases and the B of a LoRA). */
export function toGgufRows(
  bytes: Uint8Array,
  { heads, rowBytes }: HeadRows,
): Uint8Array<ArrayBuffer> {
  return moveRows(bytes, heads, rowBytes, (half, p, i) => [p * half + i, 2 * i + p]);
}

function moveRows(
  bytes: Uint8Array,
  heads: number,
  rowBytes: number,
  places: (half: number, p: number, i: number) => [from: number, to: number],
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length);
  const headDim = bytes.length / rowBytes / heads;
  for (let head = 0; head < heads; head++) {
    for (let p = 0; p < 2; p++) {
      for (let i = 0; i < headDim / 2; i++) {
        const [from, to] = places(headDim / 2, p, i);
        const start = (head * headDim + from) * rowBytes;
        out.set(bytes.subarray(start, start + rowBytes), (head * headDim + to) * rowBytes);
      }
    }
  }
  return out;
}
