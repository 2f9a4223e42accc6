/** [norm, coefficient, finite, 0] of all gradients together, in float64. */
export function clipGradientsReference(
  gradients: readonly ArrayLike<number>[],
  maxNorm: number,
): [number, number, number, number] {
  let largest = 0;
  for (const g of gradients) {
    for (let i = 0; i < g.length; i++) {
      if (!Number.isFinite(g[i]!)) return [Math.abs(g[i]!), 0, 0, 0];
      largest = Math.max(largest, Math.abs(g[i]!));
    }
  }
  let sum = 0;
  for (const g of gradients) {
    for (let i = 0; i < g.length; i++) sum += (g[i]! / (largest || 1)) ** 2;
  }
  const norm = largest * Math.sqrt(sum);
  const bounded = maxNorm > 0 && Number.isFinite(maxNorm);
  return [norm, bounded ? Math.min(1, maxNorm / (norm + 1e-6)) : 1, 1, 0];
}
