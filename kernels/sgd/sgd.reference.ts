/** What one step of plain gradient descent needs to know. */
export interface SgdStep {
  readonly lr: number;
  readonly weightDecay: number;
}

/** Changes p in place: PyTorch's SGD without momentum, in float64; the first `decayed` elements decay. */
export function sgdReference(
  { p, g }: { p: Float64Array; g: ArrayLike<number> },
  { lr, weightDecay }: SgdStep,
  decayed = p.length,
): void {
  for (let i = 0; i < p.length; i++) {
    p[i]! -= lr * (g[i]! + (i < decayed ? weightDecay * p[i]! : 0));
  }
}
