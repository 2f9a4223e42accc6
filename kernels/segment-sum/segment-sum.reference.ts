import type { HostArrays } from '../contract/index.ts';

/** Calls `visit` with each sequence and each token in it. */
function eachToken({ x, bounds }: HostArrays, visit: (row: number, i: number) => void): void {
  const rows = bounds!.shape[0]!;
  for (let row = 0; row < rows; row++) {
    const end = Math.min(bounds!.data[2 * row + 1]!, x!.data.length);
    for (let i = Math.max(0, bounds!.data[2 * row]!); i < end; i++) visit(row, i);
  }
}

export const segmentSumReference = {
  /** y[r] = Σ w x over the tokens of sequence r; a weight of 0 leaves a token out. */
  forward(inputs: HostArrays): HostArrays {
    const { x, weights, bounds } = inputs;
    const y = new Float64Array(bounds!.shape[0]!);
    eachToken(inputs, (row, i) => {
      if (weights!.data[i] !== 0) y[row]! += weights!.data[i]! * x!.data[i]!;
    });
    return { y: { shape: [y.length], data: y } };
  },

  /** dx[i] = Σ w[i] dy[r] over the sequences of token i. */
  backward(inputs: HostArrays, gradients: HostArrays): HostArrays {
    const { x, weights } = inputs;
    const dx = new Float64Array(x!.data.length);
    eachToken(inputs, (row, i) => {
      dx[i]! += weights!.data[i]! * gradients.y!.data[row]!;
    });
    return { x: { shape: x!.shape, data: dx } };
  },
};
