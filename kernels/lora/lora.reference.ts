import { elements, type HostArray, type HostArrays } from '../contract/index.ts';
import type { Corner } from '../matmul/matmul.problem.ts';
import { multiply, sumOfRows } from '../matmul/matmul.reference.ts';
import { dropoutMask } from './lora.dropout.ts';

interface Options {
  scale: number;
  dropout?: number;
  blocks?: readonly Corner[];
}

function sizes(inputs: HostArrays, { dropout = 0 }: Options) {
  const { x, weight, a, b } = inputs as Record<'x' | 'weight' | 'a' | 'b', HostArray>;
  const [out, width] = weight.shape as [number, number];
  const rank = a.shape[0]!;
  const tokens = elements(x.shape) / width;
  const mask = dropout
    ? dropoutMask(inputs.seed!.data, dropout, x.data.length)
    : new Float64Array(x.data.length).fill(1);
  const dropped = Float64Array.from(x.data, (value, i) => value * mask[i]!);
  return { x, weight, a, b, out, width, rank, tokens, mask, dropped };
}

export const loraReference = {
  /** y = x·Wᵀ + bias + residual + scale·(dropout(x)·Aᵀ)·Bᵀ. */
  forward(inputs: HostArrays, options: Options): HostArrays {
    const { x, weight, a, b, out, width, rank, tokens, dropped } = sizes(inputs, options);
    const y = multiply(x.data, weight.data, [tokens, out, width], { transposeB: true });
    const down = multiply(dropped, a.data, [tokens, rank, width], { transposeB: true });
    const up = multiply(down, b.data, [tokens, out, rank], { transposeB: true });
    const bias = inputs.bias?.data;
    const residual = inputs.residual?.data;
    for (let i = 0; i < y.length; i++) {
      y[i]! += options.scale * up[i]! + (bias?.[i % out] ?? 0) + (residual?.[i] ?? 0);
    }
    return { y: { shape: [...x.shape.slice(0, -1), out], data: y } };
  },

  /** With g = scale·dy·B: dx = dy·W + mask⊙(g·A), dA = gᵀ·dropout(x), dB = scale·dyᵀ·(dropout(x)·Aᵀ). */
  backward(inputs: HostArrays, gradients: HostArrays, options: Options): HostArrays {
    const { x, weight, a, b, out, width, rank, tokens, mask, dropped } = sizes(inputs, options);
    const { scale, blocks = [] } = options;
    const dy = gradients.y!.data;
    const down = multiply(dropped, a.data, [tokens, rank, width], { transposeB: true });
    const g = multiply(dy, b.data, [tokens, rank, out], { scale });
    const dx = multiply(dy, weight.data, [tokens, width, out]);
    const low = multiply(g, a.data, [tokens, width, rank]);
    for (let i = 0; i < dx.length; i++) dx[i]! += mask[i]! * low[i]!;
    const transposed = { transposeA: true };
    return {
      x: { shape: x.shape, data: dx },
      weight: {
        shape: weight.shape,
        data: multiply(dy, x.data, [out, width, tokens], transposed),
      },
      a: { shape: a.shape, data: multiply(g, dropped, [rank, width, tokens], transposed) },
      b: {
        shape: b.shape,
        data: multiply(dy, down, [out, rank, tokens], { ...transposed, scale, blocks }),
      },
      ...(inputs.bias && { bias: { shape: [out], data: sumOfRows(dy, out) } }),
      ...(inputs.residual && { residual: gradients.y! }),
    };
  },
};
