import type { HostArrays } from '../../contract/index.ts';

/** Which formula: the normal distribution itself, or the approximation that GPT-2 and Gemma use. */
export type GeluOptions = { approximate: 'none' | 'tanh' };

/** erf by its Taylor series near 0, by Laplace's continued fraction further out. */
function erf(x: number): number {
  const z = Math.abs(x);
  if (z < 3) {
    let term = z;
    let sum = z;
    for (let n = 1; Math.abs(term) > 1e-18; n++) {
      term *= (-z * z) / n;
      sum += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI);
  }
  let fraction = z;
  for (let n = 80; n > 0; n--) fraction = z + n / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-z * z) / Math.sqrt(Math.PI) / fraction);
}

const rate = Math.sqrt(2 / Math.PI);
const inner = (x: number) => rate * (x + 0.044715 * x ** 3);

export const geluReference = {
  /** y = x · Φ(x), or y = ½ x · (1 + tanh(√(2/π) · (x + 0.044715 x³))). */
  forward(inputs: HostArrays, { approximate }: GeluOptions): HostArrays {
    const x = inputs.x!;
    const y = Float64Array.from(x.data, (v) =>
      approximate === 'tanh'
        ? 0.5 * v * (1 + Math.tanh(inner(v)))
        : 0.5 * v * (1 + erf(v / Math.SQRT2)),
    );
    return { y: { shape: x.shape, data: y } };
  },

  /** dx = dy · y′(x). */
  backward(inputs: HostArrays, gradients: HostArrays, { approximate }: GeluOptions): HostArrays {
    const x = inputs.x!;
    const dx = Float64Array.from(x.data, (v, i) => {
      const dy = gradients.y!.data[i]!;
      if (approximate === 'none') {
        const density = Math.exp((-v * v) / 2) / Math.sqrt(2 * Math.PI);
        return dy * (0.5 * (1 + erf(v / Math.SQRT2)) + v * density);
      }
      const t = Math.tanh(inner(v));
      return dy * (0.5 * (1 + t) + 0.5 * v * (1 - t * t) * rate * (1 + 3 * 0.044715 * v * v));
    });
    return { x: { shape: x.shape, data: dx } };
  },
};
