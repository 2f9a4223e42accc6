import type { HostArray, HostArrays } from '@attune/kernels';
import type { ArraySpec, Problem } from './live';

/** The input arrays of a problem. Random ones come from the seed and nothing else. */
export function arraysOf({ inputs }: Problem): HostArrays {
  return Object.fromEntries(Object.entries(inputs).map(([name, spec], i) => [name, make(spec, i)]));
}

const arrayTypes = { f32: Float32Array, u32: Uint32Array, i32: Int32Array };

function make(spec: ArraySpec, index: number): HostArray {
  const { shape } = spec;
  const length = shape.reduce((product, n) => product * n, 1);
  if ('values' in spec) {
    if (spec.values.length !== length) {
      throw new Error(`[${shape}] wants ${length} numbers and was given ${spec.values.length}.`);
    }
    return { shape, data: new arrayTypes[spec.dtype ?? 'f32'](spec.values) };
  }
  const next = generator(spec.seed ?? index + 1);
  if ('below' in spec) {
    return {
      shape,
      data: new arrayTypes[spec.dtype](length).map(() => Math.floor(next() * spec.below)),
    };
  }
  return { shape, data: Float32Array.from({ length }, () => (next() - 0.5) * spec.random) };
}

/** Numbers in [0, 1). */
function generator(seed: number): () => number {
  let state = (seed * 2654435761 + 12345) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** As a float64 copy where it holds floats. */
export function doubled(arrays: HostArrays): HostArrays {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, data }]) => [
      name,
      { shape, data: data instanceof Float32Array ? Float64Array.from(data) : data },
    ]),
  );
}

/** Largest |actual − expected| over the largest |expected|; NaN counts as infinite. */
export function worstError(actual: HostArray, expected: HostArray): number {
  let scale = 1e-30;
  for (const value of expected.data) scale = Math.max(scale, Math.abs(value));
  let worst = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const error = Math.abs(actual.data[i]! - expected.data[i]!);
    worst = Math.max(worst, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
  }
  return worst / scale;
}
