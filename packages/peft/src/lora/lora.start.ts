import { randomNormals, randomUniforms } from '@attune/kernels';
import type { LoraLayer } from './lora.ts';

/** A or B before the first step, the same for a seed and a name. */
export function initialMatrix(
  { in: width, out, r }: LoraLayer,
  isA: boolean,
  init: boolean | string,
  { seed, name }: { seed: number; name: string },
): Float32Array {
  const stream = nameHash(name);
  const count = isA ? r * width : out * r;
  if (!isA && init !== false) return new Float32Array(count);
  // Kaiming uniform with a = √5 is uniform within 1 / √columns.
  const bound = 1 / Math.sqrt(isA ? width : r);
  if (init === 'gaussian') return randomNormals(count, seed, stream).map((value) => value / r);
  return randomUniforms(count, seed, stream).map((value) => (2 * value - 1) * bound);
}

/** A number of 32 bits for a name, the stream of its random numbers. */
export function nameHash(text: string): number {
  let h = 2166136261;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619);
  return h >>> 0;
}
