import { elements, type HostArray, type HostArrays } from '../contract/index.ts';
import type { MatmulOptions } from './matmul.problem.ts';

/**
 * op(a)·op(b) in float64: a is [m, k] ([k, m] when `transposeA`), b is [k, n] ([n, k] when `transposeB`). With
 * `blocks` only those along the diagonal; the rest is zero.
 */
export function multiply(
  a: HostArray['data'],
  b: HostArray['data'],
  [m, n, k]: readonly [number, number, number],
  { transposeA = false, transposeB = false, scale = 1, blocks = [] }: MatmulOptions = {},
): Float64Array {
  const y = new Float64Array(m * n);
  const block = (at: number, side: 0 | 1) => blocks.filter((corner) => at >= corner[side]).length;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      if (block(i, 0) !== block(j, 1)) continue;
      let sum = 0;
      for (let l = 0; l < k; l++) {
        sum += a[transposeA ? l * m + i : i * k + l]! * b[transposeB ? j * k + l : l * n + j]!;
      }
      y[i * n + j] = scale * sum;
    }
  }
  return y;
}

/** Σ over rows of [rows, columns]. */
export function sumOfRows(x: HostArray['data'], columns: number): Float64Array {
  const sums = new Float64Array(columns);
  for (let i = 0; i < x.length; i++) sums[i % columns]! += x[i]!;
  return sums;
}

/** Batch count and [m, n, k] of y = x·weight: a 2-D weight makes one product of all rows of x. */
function sizes(inputs: HostArrays, transposeWeight: boolean) {
  const { x, weight } = inputs as { x: HostArray; weight: HostArray };
  const k = x.shape.at(-1)!;
  const n = weight.shape.at(transposeWeight ? -2 : -1)!;
  const batches = weight.shape.length === 3 ? weight.shape[0]! : 1;
  return { x, weight, batches, m: elements(x.shape) / k / batches, n, k };
}

export const matmulReference = {
  /** y = x·W + bias + residual, or y = x·Wᵀ + bias + residual. */
  forward(
    inputs: HostArrays,
    { transposeWeight = false }: { transposeWeight?: boolean },
  ): HostArrays {
    const { x, weight, batches, m, n, k } = sizes(inputs, transposeWeight);
    const y = new Float64Array(batches * m * n);
    for (let i = 0; i < batches; i++) {
      const part = x.data.subarray(i * m * k, (i + 1) * m * k);
      const matrix = weight.data.subarray(i * k * n, (i + 1) * k * n);
      y.set(multiply(part, matrix, [m, n, k], { transposeB: transposeWeight }), i * m * n);
    }
    const bias = inputs.bias?.data;
    if (bias) for (let i = 0; i < y.length; i++) y[i]! += bias[i % n]!;
    const residual = inputs.residual?.data;
    if (residual) for (let i = 0; i < y.length; i++) y[i]! += residual[i]!;
    return { y: { shape: [...x.shape.slice(0, -1), n], data: y } };
  },

  /** dx = dy·Wᵀ, dW = xᵀ·dy (dyᵀ·x when W is stored transposed), dbias = Σ rows of dy. */
  backward(
    inputs: HostArrays,
    gradients: HostArrays,
    { transposeWeight = false }: { transposeWeight?: boolean },
  ): HostArrays {
    const { x, weight, batches, m, n, k } = sizes(inputs, transposeWeight);
    const dy = gradients.y!.data;
    const dx = new Float64Array(x.data.length);
    const dWeight = new Float64Array(weight.data.length);
    for (let i = 0; i < batches; i++) {
      const part = x.data.subarray(i * m * k, (i + 1) * m * k);
      const matrix = weight.data.subarray(i * k * n, (i + 1) * k * n);
      const d = dy.subarray(i * m * n, (i + 1) * m * n);
      dx.set(multiply(d, matrix, [m, k, n], { transposeB: !transposeWeight }), i * m * k);
      dWeight.set(
        transposeWeight
          ? multiply(d, part, [n, k, m], { transposeA: true })
          : multiply(part, d, [k, n, m], { transposeA: true }),
        i * k * n,
      );
    }
    return {
      x: { shape: x.shape, data: dx },
      weight: { shape: weight.shape, data: dWeight },
      ...(inputs.bias && { bias: { shape: [n], data: sumOfRows(dy, n) } }),
      ...(inputs.residual && { residual: gradients.y! }),
    };
  },
};
