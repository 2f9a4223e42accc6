import type { HostArray, HostArrays } from '../../contract/index.ts';

export type AttentionOptions = {
  /** Rows of the batch, and tokens in each. */
  rows: number;
  length: number;
  heads: number;
  /** Heads of keys and values; each serves heads / kvHeads query heads. */
  kvHeads: number;
  headDim: number;
  /** Default 1 / √headDim. */
  scale?: number;
  /** Whether a query sees only keys up to its own position. Default true. */
  causal?: boolean;
  /** How many keys back a query sees, its own included. Default all. */
  window?: number;
};

type Seen = { keys: number[]; weights: Float64Array; at: number; kvAt: number };

/** Of each query and head that sees something: its keys, their softmax, and where its numbers stand. */
function* visible(inputs: HostArrays, options: AttentionOptions): Generator<Seen> {
  const { rows, length, heads, kvHeads, headDim, causal = true, window = Infinity } = options;
  const scale = options.scale ?? 1 / Math.sqrt(headDim);
  const { q, k, bounds } = inputs;
  for (let query = 0; query < rows * length; query++) {
    const first = query - (query % length);
    const [start, end] = [first + bounds!.data[2 * query]!, first + bounds!.data[2 * query + 1]!];
    const keys: number[] = [];
    for (let key = start; key < end; key++) {
      if ((!causal || key <= query) && query - key < window) keys.push(key);
    }
    if (keys.length === 0) continue;
    for (let head = 0; head < heads; head++) {
      const at = (query * heads + head) * headDim;
      const kvHead = Math.floor(head / (heads / kvHeads));
      const kvAt = kvHead * headDim;
      const scores = Float64Array.from(
        keys,
        (key) => scale * product(q!, at, k!, key * kvHeads * headDim + kvAt, headDim),
      );
      const largest = scores.reduce((a, b) => Math.max(a, b));
      const powers = scores.map((s) => Math.exp(s - largest));
      const sum = powers.reduce((a, b) => a + b);
      yield { keys, weights: powers.map((p) => p / sum), at, kvAt };
    }
  }
}

function product(a: HostArray, aAt: number, b: HostArray, bAt: number, n: number): number {
  let sum = 0;
  for (let d = 0; d < n; d++) sum += a.data[aAt + d]! * b.data[bAt + d]!;
  return sum;
}

export const attentionReference = {
  /** y = Σ over the keys that a query sees of softmax(scale · q·k) · v. */
  forward(inputs: HostArrays, options: AttentionOptions): HostArrays {
    const { q, v } = inputs;
    const width = options.kvHeads * options.headDim;
    const y = new Float64Array(q!.data.length);
    for (const { keys, weights, at, kvAt } of visible(inputs, options)) {
      keys.forEach((key, n) => {
        for (let d = 0; d < options.headDim; d++) {
          y[at + d]! += weights[n]! * v!.data[key * width + kvAt + d]!;
        }
      });
    }
    return { y: { shape: q!.shape, data: y } };
  },

  /** With p the softmax and ds = p · (dy·v - dy·y): dq = scale Σ ds·k, dk = scale Σ ds·q, dv = Σ p·dy. */
  backward(inputs: HostArrays, gradients: HostArrays, options: AttentionOptions): HostArrays {
    const { q, k, v } = inputs;
    const dy = gradients.y!;
    const y = attentionReference.forward(inputs, options).y!;
    const { headDim } = options;
    const scale = options.scale ?? 1 / Math.sqrt(headDim);
    const width = options.kvHeads * headDim;
    const dq = new Float64Array(q!.data.length);
    const dk = new Float64Array(k!.data.length);
    const dv = new Float64Array(v!.data.length);
    for (const { keys, weights, at, kvAt } of visible(inputs, options)) {
      const delta = product(dy, at, y, at, headDim);
      keys.forEach((key, n) => {
        const from = key * width + kvAt;
        const ds = scale * weights[n]! * (product(dy, at, v!, from, headDim) - delta);
        for (let d = 0; d < headDim; d++) {
          dq[at + d]! += ds * k!.data[from + d]!;
          dk[from + d]! += ds * q!.data[at + d]!;
          dv[from + d]! += weights[n]! * dy.data[at + d]!;
        }
      });
    }
    return {
      q: { shape: q!.shape, data: dq },
      k: { shape: k!.shape, data: dk },
      v: { shape: v!.shape, data: dv },
    };
  },
};
