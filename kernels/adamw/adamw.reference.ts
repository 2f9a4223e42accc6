/** What one step of AdamW needs to know. */
export interface AdamWStep {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** 1 for the first step. */
  readonly step: number;
}

/** Changes p, m and v in place: PyTorch's AdamW in float64; the first `decayed` elements decay. */
export function adamwReference(
  { p, m, v, g }: { p: Float64Array; m: Float64Array; v: Float64Array; g: ArrayLike<number> },
  { lr, beta1, beta2, eps, weightDecay, step }: AdamWStep,
  decayed = p.length,
): void {
  for (let i = 0; i < p.length; i++) {
    if (i < decayed) p[i]! *= 1 - lr * weightDecay;
    m[i] = beta1 * m[i]! + (1 - beta1) * g[i]!;
    v[i] = beta2 * v[i]! + (1 - beta2) * g[i]! ** 2;
    const mHat = m[i]! / (1 - beta1 ** step);
    const vHat = v[i]! / (1 - beta2 ** step);
    p[i]! -= (lr * mHat) / (Math.sqrt(vHat) + eps);
  }
}
