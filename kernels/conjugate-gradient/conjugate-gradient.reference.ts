/** A x for a symmetric, positive definite A. */
export type MatrixProduct = (x: Float64Array) => Float64Array;

const dot = (a: Float64Array, b: Float64Array) =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);

export interface Solved {
  readonly x: Float64Array;
  /** x · (A + damping I) x */
  readonly curvature: number;
  readonly solutionNorm: number;
  readonly residualNorm: number;
  readonly gradientNorm: number;
}

/** `iterations` of conjugate gradients on (A + damping I) x = b, from x = 0, in float64. */
export function conjugateGradientReference(
  product: MatrixProduct,
  b: Float64Array,
  { damping = 0, iterations }: { readonly damping?: number; readonly iterations: number },
): Solved {
  const damped: MatrixProduct = (v) => product(v).map((value, i) => value + damping * v[i]!);
  const x = new Float64Array(b.length);
  let [r, p] = [Float64Array.from(b), Float64Array.from(b)];
  let rr = dot(r, r);
  for (let k = 0; k < iterations; k++) {
    const z = damped(p);
    const curvature = dot(p, z);
    const a = curvature > 0 ? rr / curvature : 0;
    for (let i = 0; i < x.length; i++) x[i]! += a * p[i]!;
    r = r.map((value, i) => value - a * z[i]!);
    const next = dot(r, r);
    const beta = rr > 0 ? next / rr : 0;
    p = r.map((value, i) => value + beta * p[i]!);
    rr = next;
  }
  return {
    x,
    curvature: dot(x, damped(x)),
    solutionNorm: Math.sqrt(dot(x, x)),
    residualNorm: Math.sqrt(rr),
    gradientNorm: Math.sqrt(dot(b, b)),
  };
}
