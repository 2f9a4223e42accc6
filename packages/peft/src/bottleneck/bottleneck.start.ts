import { randomNormals, randomUniforms } from '@attune/kernels';
import type { BottleneckSettings } from './bottleneck.config.ts';

/** A tensor before the first step, as AdapterHub draws it: the same for a seed and its place in the order. */
export function initialTensor(
  name: string,
  shape: readonly number[],
  init: BottleneckSettings['initWeights'],
  { seed, stream }: { seed: number; stream: number },
): Float32Array {
  const count = shape.reduce((a, b) => a * b, 1);
  if (shape.length === 1) return new Float32Array(count).fill(name.endsWith('.weight') ? 1 : 0);
  if (init === 'bert') return randomNormals(count, seed, stream).map((value) => 0.02 * value);
  if (init === 'houlsby') {
    return truncatedNormals(count, seed, stream).map((value) => 0.01 * value);
  }
  if (name.includes('adapter_up')) return new Float32Array(count);
  const bound = 1 / Math.sqrt(shape[1]!);
  return randomUniforms(count, seed, stream).map((value) => (2 * value - 1) * bound);
}

/** Normal numbers within two deviations: those beyond are drawn again. */
function truncatedNormals(count: number, seed: number, stream: number): Float32Array {
  const kept = new Float32Array(count);
  let found = 0;
  for (let round = 0; found < count; round++) {
    for (const value of randomNormals(count, seed, stream + round * 0x10000)) {
      if (Math.abs(value) <= 2 && found < count) kept[found++] = value;
    }
  }
  return kept;
}
