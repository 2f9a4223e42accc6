/** Names of the Llama family's tensors: GGUF's on the left, Hugging Face's on the right. */
const WHOLE: readonly (readonly [string, string])[] = [
  ['token_embd', 'model.embed_tokens'],
  ['output_norm', 'model.norm'],
  ['output', 'lm_head'],
];
const LAYER: readonly (readonly [string, string])[] = [
  ['attn_norm', 'input_layernorm'],
  ['attn_q', 'self_attn.q_proj'],
  ['attn_k', 'self_attn.k_proj'],
  ['attn_v', 'self_attn.v_proj'],
  ['attn_output', 'self_attn.o_proj'],
  ['ffn_norm', 'post_attention_layernorm'],
  ['ffn_gate', 'mlp.gate_proj'],
  ['ffn_up', 'mlp.up_proj'],
  ['ffn_down', 'mlp.down_proj'],
];

/** The tensor that holds the divisors of rotary frequencies; it is no weight. */
export const ROPE_FACTORS = 'rope_freqs.weight';

/** `model.layers.3.self_attn.q_proj.weight` from `blk.3.attn_q.weight`; undefined for names of no Llama. */
export function huggingFaceName(gguf: string): string | undefined {
  const [, layer, part, suffix] = /^(?:blk\.(\d+)\.)?([a-z_]+)(\.weight|\.bias)$/.exec(gguf) ?? [];
  const pair = (layer === undefined ? WHOLE : LAYER).find(([name]) => name === part);
  if (pair === undefined) return undefined;
  return `${layer === undefined ? '' : `model.layers.${layer}.`}${pair[1]}${suffix}`;
}

/** The way back, for writing; undefined for tensors that a GGUF of this family has no place for. */
export function ggufName(huggingFace: string): string | undefined {
  const [, layer, part, suffix] =
    /^(?:model\.layers\.(\d+)\.)?([a-z_.]+?)(\.weight|\.bias)$/.exec(huggingFace) ?? [];
  const pair = (layer === undefined ? WHOLE : LAYER).find(([, name]) => name === part);
  if (pair === undefined) return undefined;
  return `${layer === undefined ? '' : `blk.${layer}.`}${pair[0]}${suffix}`;
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

/** Whether a Hugging Face tensor's rows are in another order in a GGUF of the Llama architecture. */
export function rotatedProjection(huggingFace: string): 'q' | 'k' | undefined {
  return /\.self_attn\.([qk])_proj\.(?:weight|bias)$/.exec(huggingFace)?.[1] as
    | 'q'
    | 'k'
    | undefined;
}
