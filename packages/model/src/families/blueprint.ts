import type { Activation, ModelConfig } from '../config/config.ts';

/** What a module does in the decoder. */
export type ModuleRole =
  | 'tokens'
  | 'positions'
  | 'attention_norm'
  | 'q'
  | 'k'
  | 'v'
  | 'qkv'
  | 'q_norm'
  | 'k_norm'
  | 'o'
  | 'post_attention_norm'
  | 'feed_forward_norm'
  | 'gate'
  | 'up'
  | 'gate_up'
  | 'down'
  | 'post_feed_forward_norm'
  | 'norm'
  | 'output'
  | 'score';

/** A module with weights, by the path that transformers and PEFT call it. */
export interface Module {
  readonly path: string;
  readonly kind: 'embedding' | 'linear' | 'norm';
  readonly role: ModuleRole;
  /** The block that it is part of, from 0; none outside the blocks. */
  readonly layer?: number;
  /** Numbers that go in (of an embedding: its rows) and come out. */
  readonly in: number;
  readonly out: number;
  readonly bias: boolean;
  /** The weight is [in, out], as in transformers' Conv1D (PEFT's `fan_in_fan_out`); else [out, in]. */
  readonly transposed?: boolean;
  /** A norm multiplies by this plus its weight. Default 0. */
  readonly offset?: number;
  /** Standard deviation of fresh weights, where it is not the config's `initializer_range`. */
  readonly deviation?: number;
}

/** A norm over `out` numbers: (offset + weight) · x / root of the mean square, or a layer norm. */
export interface Norm extends Module {
  readonly kind: 'norm';
  readonly type: 'rms' | 'layer';
  readonly eps: number;
  readonly offset: number;
}

/** Half a block: x + after(output(… inputs(before(x)))). */
export interface Sublayer {
  readonly before?: Norm;
  /** Layers that read the same: one that makes all, or one for each part. */
  readonly inputs: readonly Module[];
  /** The path that stands for the inputs when they are computed side by side. */
  readonly stack: string;
  readonly output: Module;
  readonly after?: Norm;
}

export interface Attention extends Sublayer {
  /** Norms of queries and keys before they are turned: of each head, or where wider of all heads together. */
  readonly qNorm?: Norm;
  readonly kNorm?: Norm;
  /** By which angles queries and keys are turned; null: not at all. */
  readonly rope: 'global' | 'local' | null;
  readonly window: number | null;
  /** Factor of the scores; absent: 1 / √headDim. */
  readonly scale?: number;
}

export interface FeedForward extends Sublayer {
  /** down(activation(gate) · up), or without a gate down(activation(up)). */
  readonly gated: boolean;
  readonly activation: Activation;
}

export interface Block {
  readonly path: string;
  readonly attention: Attention;
  readonly feedForward: FeedForward;
}

/** How a decoder is put together: its modules, and the mathematics between them. */
export interface Blueprint {
  readonly tokens: Module;
  /** Factor of the embeddings of tokens (not of virtual ones). Default 1. */
  readonly embeddingScale?: number;
  /** The token whose embedding is not trained where it is read: `pad_token_id` of config.json, as in transformers. */
  readonly paddingIdx?: number;
  /** A learned embedding of positions. */
  readonly positions?: Module;
  readonly blocks: readonly Block[];
  readonly norm: Norm;
  /** The output layer or the score head; absent where the output layer is the table of tokens. */
  readonly head?: Module;
}

/** Modules of a block or outside of any, which differ from one another in a few words. */
export const moduleMaker = (layer?: number) => {
  const at = layer === undefined ? {} : { layer };
  return {
    linear: (role: ModuleRole, path: string, from: number, out: number, bias = false): Module => {
      return { path, kind: 'linear', role, ...at, in: from, out, bias };
    },
    norm: (role: ModuleRole, path: string, width: number, eps: number, offset = 0): Norm => {
      const size = { in: width, out: width, bias: false };
      return { path, kind: 'norm', role, ...at, ...size, type: 'rms', eps, offset };
    },
    layerNorm: (role: ModuleRole, path: string, width: number, eps: number): Norm => {
      const size = { in: width, out: width, bias: true };
      return { path, kind: 'norm', role, ...at, ...size, type: 'layer', eps, offset: 0 };
    },
    embedding: (role: ModuleRole, path: string, rows: number, width: number): Module => {
      return { path, kind: 'embedding', role, ...at, in: rows, out: width, bias: false };
    },
  };
};

/** The module on top: the output layer unless it is tied to `table`, or the score head. */
export function headOf(c: ModelConfig): Module | undefined {
  const { linear } = moduleMaker();
  if (c.head === 'score') return linear('score', 'score', c.hiddenSize, c.numLabels);
  if (c.tieWordEmbeddings) return undefined;
  return linear('output', 'lm_head', c.hiddenSize, c.vocabSize);
}
