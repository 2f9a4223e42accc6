import type { HostArrays } from '../contract/index.ts';

/** Calls `visit` with each sequence and each token in it. */
function eachToken({ weights, bounds }: HostArrays, visit: (row: number, i: number) => void): void {
  for (let row = 0; row < bounds!.shape[0]!; row++) {
    const end = Math.min(bounds!.data[2 * row + 1]!, weights!.data.length);
    for (let i = Math.max(0, bounds!.data[2 * row]!); i < end; i++) visit(row, i);
  }
}

export const segmentSpreadReference = {
  /** y[i] = w[i] Σ x[r] over the sequences r of token i. */
  forward(inputs: HostArrays): HostArrays {
    const { x, weights } = inputs;
    const y = new Float64Array(weights!.data.length);
    eachToken(inputs, (row, i) => {
      y[i]! += weights!.data[i]! * x!.data[row]!;
    });
    return { y: { shape: [y.length], data: y } };
  },

  /** dx[r] = Σ w[i] dy[i] over the tokens i of sequence r. */
  backward(inputs: HostArrays, gradients: HostArrays): HostArrays {
    const { x, weights } = inputs;
    const dx = new Float64Array(x!.data.length);
    eachToken(inputs, (row, i) => {
      dx[row]! += weights!.data[i]! * gradients.y!.data[i]!;
    });
    return { x: { shape: x!.shape, data: dx } };
  },
};
