import type { HostArray, HostArrays } from '../../contract/index.ts';
import type { AttentionOptions } from '../attention/attention.ts';

export type PrefixAttentionOptions = Omit<AttentionOptions, 'causal'> & {
  /** Virtual tokens that stand before every document. */
  virtual: number;
  /** Where the keys of this layer begin in a row of `prefix`; its values follow them. Default 0. */
  column?: number;
};

/** A key in sight of a query: whose numbers it is, and where the first of its head's stand. */
type Seen = { keys: HostArray; values: HostArray; key: number; value: number };
type Query = { seen: Seen[]; weights: Float64Array; at: number };

/** Of each query and head that sees something: what it sees, virtual tokens first, and their softmax. */
function* visible(inputs: HostArrays, options: PrefixAttentionOptions): Generator<Query> {
  const { rows, length, heads, kvHeads, headDim, virtual, column = 0 } = options;
  const { window = Number.POSITIVE_INFINITY, scale = 1 / Math.sqrt(headDim) } = options;
  const { q, k, v, bounds, prefix } = inputs;
  const width = kvHeads * headDim;
  const stride = prefix ? prefix.shape[1]! : width;
  const own = (key: number): Seen => ({
    keys: k!,
    values: v!,
    key: key * width,
    value: key * width,
  });
  const before = (j: number): Seen => {
    if (!prefix) return own(length - virtual + j);
    const key = j * stride + column;
    return { keys: prefix, values: prefix, key, value: key + width };
  };
  for (let query = 0; query < rows * length; query++) {
    const t = query % length;
    const [start, end] = [bounds!.data[2 * query]!, bounds!.data[2 * query + 1]!];
    if (start >= end) continue;
    const all: Seen[] = [];
    const itself = !prefix && start === length - virtual;
    for (let j = 0; j < virtual && !itself; j++) {
      if (virtual + t - start - j < window) all.push(before(j));
    }
    for (let key = start; key <= t; key++) if (t - key < window) all.push(own(query - t + key));
    for (let head = 0; head < heads; head++) {
      const at = (query * heads + head) * headDim;
      const shift = Math.floor(head / (heads / kvHeads)) * headDim;
      const seen = all.map((s) => ({ ...s, key: s.key + shift, value: s.value + shift }));
      const scores = seen.map(({ keys, key }) => scale * product(q!, at, keys, key, headDim));
      const largest = scores.reduce((a, b) => Math.max(a, b));
      const powers = scores.map((s) => Math.exp(s - largest));
      const sum = powers.reduce((a, b) => a + b);
      yield { seen, weights: Float64Array.from(powers, (p) => p / sum), at };
    }
  }
}

function product(a: HostArray, aAt: number, b: HostArray, bAt: number, n: number): number {
  let sum = 0;
  for (let d = 0; d < n; d++) sum += a.data[aAt + d]! * b.data[bAt + d]!;
  return sum;
}

export const prefixAttentionReference = {
  /** y = Σ over virtual tokens and keys in sight of softmax(scale · q·k) · v. */
  forward(inputs: HostArrays, options: PrefixAttentionOptions): HostArrays {
    const y = new Float64Array(inputs.q!.data.length);
    for (const { seen, weights, at } of visible(inputs, options)) {
      seen.forEach(({ values, value }, n) => {
        for (let d = 0; d < options.headDim; d++) {
          y[at + d]! += weights[n]! * values.data[value + d]!;
        }
      });
    }
    return { y: { shape: inputs.q!.shape, data: y } };
  },

  /** With ds = p · (dy·v - dy·y): dq = scale Σ ds·k, dk = scale Σ ds·q, dv = Σ p·dy; so for the prefix too. */
  backward(inputs: HostArrays, gradients: HostArrays, options: PrefixAttentionOptions): HostArrays {
    const { q, k, v, prefix } = inputs;
    const { headDim, scale = 1 / Math.sqrt(headDim) } = options;
    const dy = gradients.y!;
    const y = prefixAttentionReference.forward(inputs, options).y!;
    const zeros = (a: HostArray) => new Float64Array(a.data.length);
    const dq = zeros(q!);
    const found = new Map<HostArray, Float64Array>(
      [k!, v!, ...(prefix ? [prefix] : [])].map((a) => [a, zeros(a)]),
    );
    for (const { seen, weights, at } of visible(inputs, options)) {
      const delta = product(dy, at, y, at, headDim);
      seen.forEach(({ keys, values, key, value }, n) => {
        const ds = scale * weights[n]! * (product(dy, at, values, value, headDim) - delta);
        for (let d = 0; d < headDim; d++) {
          dq[at + d]! += ds * keys.data[key + d]!;
          found.get(keys)![key + d]! += ds * q!.data[at + d]!;
          found.get(values)![value + d]! += weights[n]! * dy.data[at + d]!;
        }
      });
    }
    const by = (a: HostArray) => ({ shape: a.shape, data: found.get(a)! });
    return {
      q: { shape: q!.shape, data: dq },
      k: by(k!),
      v: by(v!),
      ...(prefix && { prefix: by(prefix) }),
    };
  },
};
