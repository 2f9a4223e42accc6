import type { HostArrays } from '../contract/index.ts';
import { philox, uniform01 } from '../random/random.ts';

export interface SampleOptions {
  /** Divides the logits; 0 takes the largest logit (the lowest id of several). */
  readonly temperature: number;
  /** Keeps the k largest logits, and what equals the smallest of them. 0 or absent: all. */
  readonly topK?: number;
  /** Keeps the fewest most likely tokens that together reach this probability. 1 or absent: all. */
  readonly topP?: number;
  /** Keeps tokens of at least this share of the likeliest one's probability. 0 or absent: all. */
  readonly minP?: number;
}

/** Probabilities of one row after temperature, top-k, top-p and min-p, each on what the one before left. */
export function sampleProbabilities(
  logits: ArrayLike<number>,
  { temperature, topK = 0, topP = 1, minP = 0 }: SampleOptions,
): Float64Array {
  const x = Float64Array.from(logits);
  const largest = x.reduce((a, b) => Math.max(a, b));
  const weights = x.map((v) => Math.exp((v - largest) / temperature));
  /** Keeps the logits of at least `bound`. */
  const cut = (bound: number) => {
    weights.forEach((_, i) => {
      if (x[i]! < bound) weights[i] = 0;
    });
  };
  const descending = Float64Array.from(x).sort().reverse();
  if (topK > 0 && topK < x.length) cut(descending[topK - 1]!);
  if (topP < 1) {
    const total = weights.reduce((a, b) => a + b);
    const heaviest = Float64Array.from(weights).sort().reverse();
    let passed = 0;
    let place = 0;
    while (passed + heaviest[place]! < topP * total) passed += heaviest[place++]!;
    cut(descending[place]!);
  }
  cut(largest + temperature * Math.log(minP));
  const total = weights.reduce((a, b) => a + b);
  return weights.map((w) => w / total);
}

export const sampleReference = {
  /** The same draws in float64: equal ids, unless a sum falls within rounding of its bound. */
  forward({ logits, state }: HostArrays, options: SampleOptions): HostArrays {
    const [rows, columns] = logits!.shape as [number, number];
    const ids = new Float64Array(rows);
    const logps = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      const x = Float64Array.from(logits!.data.subarray(row * columns, (row + 1) * columns));
      const largest = x.reduce((a, b) => Math.max(a, b));
      let id = x.indexOf(largest);
      if (options.temperature > 0) {
        const [low, high, step] = state!.data as Uint32Array;
        const goal = uniform01(philox([step!, row, 0, 0x73616d70], [low!, high!])[0]);
        let passed = 0;
        id = sampleProbabilities(x, options).findIndex((p) => {
          passed += p;
          return passed > goal;
        });
      }
      ids[row] = id;
      logps[row] = x[id]! - largest - Math.log(x.reduce((a, v) => a + Math.exp(v - largest), 0));
    }
    return { ids: { shape: [rows], data: ids }, logps: { shape: [rows], data: logps } };
  },
};
