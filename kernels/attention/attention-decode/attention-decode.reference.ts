import type { HostArrays } from '../../contract/index.ts';

export type AttentionDecodeOptions = {
  heads: number;
  /** Heads of keys and values; each serves heads / kvHeads query heads. */
  kvHeads: number;
  headDim: number;
  /** Default 1 / √headDim. */
  scale?: number;
  /** How many of the last keys are seen. Default all. */
  window?: number;
};

export const attentionDecodeReference = {
  /** y = Σ over the last `window` of the keys 0 … length - 1 of softmax(scale · q·k) · v. */
  forward(inputs: HostArrays, options: AttentionDecodeOptions): HostArrays {
    const { q, kCache, vCache, lengths } = inputs;
    const { heads, kvHeads, headDim, window = Infinity } = options;
    const scale = options.scale ?? 1 / Math.sqrt(headDim);
    const capacity = kCache!.shape[1]!;
    const y = new Float64Array(q!.data.length);
    for (let b = 0; b < q!.shape[0]!; b++) {
      const length = lengths!.data[b]!;
      for (let head = 0; head < heads; head++) {
        const at = (b * heads + head) * headDim;
        const kvHead = Math.floor(head / (heads / kvHeads));
        const scores: number[] = [];
        const places: number[] = [];
        for (let key = Math.max(0, length - window); key < length; key++) {
          const place = ((b * capacity + key) * kvHeads + kvHead) * headDim;
          let score = 0;
          for (let d = 0; d < headDim; d++) score += q!.data[at + d]! * kCache!.data[place + d]!;
          scores.push(scale * score);
          places.push(place);
        }
        const largest = Math.max(...scores);
        const powers = scores.map((s) => Math.exp(s - largest));
        const sum = powers.reduce((a, p) => a + p, 0);
        powers.forEach((p, n) => {
          for (let d = 0; d < headDim; d++) y[at + d]! += (p / sum) * vCache!.data[places[n]! + d]!;
        });
      }
    }
    return { y: { shape: q!.shape, data: y } };
  },
};
