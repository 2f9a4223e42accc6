/**
 * The GPT that every library trains in the benchmark of a whole step: pre-norm, learned positions, no
 * biases in its linear layers, tanh GELU, an output layer of its own. 468,224 numbers in all.
 * @see Radford et al. 2019, Language Models are Unsupervised Multitask Learners
 */
export const gpt = {
  vocabulary: 256,
  length: 64,
  rows: 4,
  width: 128,
  heads: 4,
  layers: 2,
  inner: 512,
  eps: 1e-5,
} as const;

/** Adam without weight decay. */
export const adam = { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0 } as const;

export interface NamedWeight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The same numbers in every library: a linear congruential generator for each matrix. */
export function gptWeights(): Map<string, NamedWeight> {
  const { vocabulary, length, width, layers, inner } = gpt;
  const weights = new Map<string, NamedWeight>();
  let seed = 10;
  /** Uniform in ±half. */
  const matrix = (name: string, rows: number, columns: number, half: number) => {
    let state = seed++;
    const data = Float32Array.from({ length: rows * columns }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32 - 0.5;
    });
    weights.set(name, { shape: [rows, columns], data: data.map((value) => value * 2 * half) });
  };
  const norm = (name: string) => {
    weights.set(`${name}.weight`, { shape: [width], data: new Float32Array(width).fill(1) });
    weights.set(`${name}.bias`, { shape: [width], data: new Float32Array(width) });
  };
  matrix('tokens', vocabulary, width, 0.05);
  matrix('positions', length, width, 0.05);
  for (let layer = 0; layer < layers; layer++) {
    norm(`${layer}.norm1`);
    for (const name of ['q', 'k', 'v', 'o']) matrix(`${layer}.${name}`, width, width, 0.08);
    norm(`${layer}.norm2`);
    matrix(`${layer}.up`, width, inner, 0.08);
    matrix(`${layer}.down`, inner, width, 0.04);
  }
  norm('norm');
  matrix('head', width, vocabulary, 0.08);
  return weights;
}

/** One batch, the same at every step: ids below 32 and the ids that follow them, [rows · length] each. */
export function gptBatch(): { ids: Int32Array; targets: Int32Array } {
  const { rows, length } = gpt;
  let state = 12345;
  const stream = Int32Array.from({ length: rows * (length + 1) }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 16) % 32;
  });
  const from = (shift: number) =>
    Int32Array.from({ length: rows * length }, (_, i) => {
      const row = Math.floor(i / length);
      return stream[row * (length + 1) + (i % length) + shift]!;
    });
  return { ids: from(0), targets: from(1) };
}

/** Floating-point operations of the products of one step, forward and backward. */
export function gptFlops(): number {
  const { vocabulary, length, rows, width, layers, inner } = gpt;
  const products = layers * (4 * width * width + 2 * width * inner) + width * vocabulary;
  return 6 * products * rows * length + 3 * layers * 4 * rows * length * length * width;
}
