import { elements, expectShape, operation, type Recorder, type Tensor } from '../contract/index.ts';
import { recordColumnSums } from '../matmul/matmul.column-sums.ts';
import type { Corner } from '../matmul/matmul.problem.ts';
import { recordMatmul } from '../matmul/matmul.record.ts';
import { recordLinearTangent } from '../matmul/matmul.tangent.ts';
import { recordDropout } from './lora.dropout.ts';
import { loraReference } from './lora.reference.ts';

export { dropoutMask, recordDropout } from './lora.dropout.ts';
export { loraReference } from './lora.reference.ts';

export interface LoraOptions {
  /** alpha ÷ r (alpha ÷ √r for rsLoRA). */
  readonly scale: number;
  /** Probability that an element of x is dropped on its way into `a`. Default 0. */
  readonly dropout?: number;
  /**
   * Several layers side by side, which read the same x: the corners [row of b, column of b] where their
   * blocks of b meet (`MatmulOptions.blocks`). b must be zero outside its blocks, and its gradient is.
   */
  readonly blocks?: readonly Corner[];
}

type Inputs = {
  x: Tensor;
  weight: Tensor;
  a: Tensor;
  b: Tensor;
  bias?: Tensor;
  residual?: Tensor;
  seed?: Tensor;
  down?: Tensor;
};

function flat(recorder: Recorder, x: Tensor): Tensor {
  const width = x.shape.at(-1)!;
  return x.shape.length === 2 ? x : recorder.view(x, [elements(x.shape) / width, width]);
}

function unflat(recorder: Recorder, y: Tensor, shape: readonly number[]): Tensor {
  return shape.length === 2 ? y : recorder.view(y, shape);
}

/**
 * A linear layer with a low-rank update: y = x·Wᵀ + bias + residual + scale·(dropout(x)·Aᵀ)·Bᵀ.
 *
 * x [..., in]; weight [out, in]; a [r, in]; b [out, r]; bias [out]; residual as y; seed [2] (u32, needed with
 * dropout); y [..., out]; down = scale·dropout(x)·Aᵀ [tokens, r] is saved for the gradient, and is taken as it is
 * where the operation that made x has computed it by the way. Its gradient reaches a and x from here.
 * Gradients of a, b, weight and bias can accumulate. Hu et al. 2021, https://arxiv.org/abs/2106.09685
 */
export const lora = operation<Inputs, { y: Tensor; down: Tensor }, LoraOptions>({
  name: 'lora',
  accumulates: ['a', 'b', 'weight', 'bias'],
  sums: ['x'],
  reference: loraReference,

  forward(recorder, { x, weight, a, b, bias, residual, seed, down: made }, options) {
    const { scale, dropout = 0 } = options;
    const [out, width] = weight.shape as [number, number];
    expectShape(weight.name, weight.shape, [-1, x.shape.at(-1)!]);
    expectShape(a.name, a.shape, [-1, width]);
    expectShape(b.name, b.shape, [out, a.shape[0]!]);
    const rows = flat(recorder, x);
    if (made) expectShape(made.name, made.shape, [rows.shape[0]!, a.shape[0]!]);
    const dropped = dropout ? recordDropout(recorder, rows, seed, dropout) : rows;
    // Scaled once here: neither the second factor nor its gradient then needs to be.
    const down = made ?? recordMatmul(recorder, { a: dropped, b: a }, { transposeB: true, scale });
    const addend = residual && flat(recorder, residual);
    const operands = { a: rows, b: weight, low: down, up: b, bias, addend };
    const y = recordMatmul(recorder, operands, { transposeB: true });
    return { y: unflat(recorder, y, [...x.shape.slice(0, -1), out]), down };
  },

  tangent(recorder, { inputs, outputs, options, tangents }) {
    const { x, weight, a, b, seed } = inputs;
    const { scale, dropout = 0 } = options;
    const dropped = (of: Tensor) => {
      const rows = flat(recorder, of);
      return dropout ? recordDropout(recorder, rows, seed, dropout) : rows;
    };
    const down = recordLinearTangent(
      recorder,
      [
        tangents.x && { a: dropped(tangents.x), b: a },
        tangents.a && { a: dropped(x), b: tangents.a },
      ],
      { shape: outputs.down.shape },
      { transposeB: true, scale },
    );
    const moving = tangents.residual && flat(recorder, tangents.residual);
    const product = (of: Tensor, by: Tensor) => ({ a: flat(recorder, of), b: by });
    const own = tangents.x && product(tangents.x, weight);
    const moved = recordLinearTangent(
      recorder,
      [
        // The low-rank pair joins the first product that reads x's tangent, where there is one.
        own && down ? { ...own, low: down, up: b } : down && { a: down, b },
        tangents.weight && product(x, tangents.weight),
        tangents.b && { a: outputs.down, b: tangents.b },
      ],
      {
        ...(moving && { residual: moving }),
        ...(tangents.bias && { bias: tangents.bias }),
        shape: flat(recorder, outputs.y).shape,
      },
      { transposeB: true },
    );
    return {
      ...(moved && { y: unflat(recorder, moved, outputs.y.shape) }),
      ...(down && { down }),
    };
  },

  backward(recorder, { inputs, outputs, options, gradients, needs, into, plus }) {
    if (!gradients.y) return {};
    const { x, weight, a, b, bias, seed } = inputs;
    const { scale, dropout = 0, blocks } = options;
    const dy = flat(recorder, gradients.y);
    const rows = flat(recorder, x);
    const found: { [name in keyof Inputs]?: Tensor } = {};
    const add = (name: keyof Inputs) => into[name] && { into: into[name] };
    if (needs.b) {
      const operands = { a: dy, b: outputs.down, ...add('b') };
      found.b = recordMatmul(recorder, operands, { transposeA: true, ...(blocks && { blocks }) });
    }
    if (needs.a || needs.x) {
      const g = recordMatmul(recorder, { a: dy, b }, { scale });
      if (needs.a) {
        const dropped = dropout ? recordDropout(recorder, rows, seed, dropout) : rows;
        found.a = recordMatmul(recorder, { a: g, b: dropped, ...add('a') }, { transposeA: true });
      }
      const addend = plus?.x && flat(recorder, plus.x);
      if (needs.x && dropout) {
        const dx = recordMatmul(recorder, { a: dy, b: weight, addend });
        recordDropout(recorder, recordMatmul(recorder, { a: g, b: a }), seed, dropout, dx);
        found.x = unflat(recorder, dx, x.shape);
      } else if (needs.x) {
        const dx = recordMatmul(recorder, { a: dy, b: weight, low: g, up: a, addend });
        found.x = unflat(recorder, dx, x.shape);
      }
    }
    if (needs.weight) {
      const operands = { a: dy, b: rows, ...add('weight') };
      found.weight = recordMatmul(recorder, operands, { transposeA: true });
    }
    if (needs.residual) found.residual = gradients.y;
    if (needs.bias && bias) found.bias = recordColumnSums(recorder, dy, into.bias);
    return found;
  },
});
