import { elements, expectShape, operation, type Recorder, type Tensor } from '../contract/index.ts';
import { recordColumnSums, recordMatmul } from '../matmul/record.ts';
import { recordDropout } from './dropout.ts';
import { loraReference } from './lora.reference.ts';

export { dropoutMask, recordDropout } from './dropout.ts';
export { loraReference } from './lora.reference.ts';

export interface LoraOptions {
  /** alpha ÷ r (alpha ÷ √r for rsLoRA). */
  readonly scale: number;
  /** Probability that an element of x is dropped on its way into `a`. Default 0. */
  readonly dropout?: number;
}

type Inputs = {
  x: Tensor;
  weight: Tensor;
  a: Tensor;
  b: Tensor;
  bias?: Tensor;
  seed?: Tensor;
};

function flat(recorder: Recorder, x: Tensor): Tensor {
  const width = x.shape.at(-1)!;
  return x.shape.length === 2 ? x : recorder.view(x, [elements(x.shape) / width, width]);
}

function unflat(recorder: Recorder, y: Tensor, shape: readonly number[]): Tensor {
  return shape.length === 2 ? y : recorder.view(y, shape);
}

/**
 * A linear layer with a low-rank update: y = x·Wᵀ + bias + scale·(dropout(x)·Aᵀ)·Bᵀ.
 *
 * x [..., in]; weight [out, in]; a [r, in]; b [out, r]; bias [out]; seed [2] (u32, needed with dropout);
 * y [..., out]; down = scale·dropout(x)·Aᵀ [tokens, r] is saved for the gradient.
 * Gradients of a, b, weight and bias can accumulate. Hu et al. 2021, https://arxiv.org/abs/2106.09685
 */
export const lora = operation<Inputs, { y: Tensor; down: Tensor }, LoraOptions>({
  name: 'lora',
  accumulates: ['a', 'b', 'weight', 'bias'],
  reference: loraReference,

  forward(recorder, { x, weight, a, b, bias, seed }, { scale, dropout = 0 }) {
    const [out, width] = weight.shape as [number, number];
    expectShape(weight.name, weight.shape, [-1, x.shape.at(-1)!]);
    expectShape(a.name, a.shape, [-1, width]);
    expectShape(b.name, b.shape, [out, a.shape[0]!]);
    const rows = flat(recorder, x);
    const dropped = dropout ? recordDropout(recorder, rows, seed, dropout) : rows;
    // Scaled once here: neither the second factor nor its gradient then needs to be.
    const down = recordMatmul(recorder, { a: dropped, b: a }, { transposeB: true, scale });
    const operands = { a: rows, b: weight, low: down, up: b, ...(bias && { bias }) };
    const y = recordMatmul(recorder, operands, { transposeB: true });
    return { y: unflat(recorder, y, [...x.shape.slice(0, -1), out]), down };
  },

  backward(recorder, { inputs, outputs, options, gradients, needs, into }) {
    if (!gradients.y) return {};
    const { x, weight, a, b, bias, seed } = inputs;
    const { scale, dropout = 0 } = options;
    const dy = flat(recorder, gradients.y);
    const rows = flat(recorder, x);
    const found: { [name in keyof Inputs]?: Tensor } = {};
    const add = (name: keyof Inputs) => into[name] && { into: into[name] };
    if (needs.b) {
      const operands = { a: dy, b: outputs.down, ...add('b') };
      found.b = recordMatmul(recorder, operands, { transposeA: true });
    }
    if (needs.a || needs.x) {
      const g = recordMatmul(recorder, { a: dy, b }, { scale });
      if (needs.a) {
        const dropped = dropout ? recordDropout(recorder, rows, seed, dropout) : rows;
        found.a = recordMatmul(recorder, { a: g, b: dropped, ...add('a') }, { transposeA: true });
      }
      if (needs.x && dropout) {
        const dx = recordMatmul(recorder, { a: dy, b: weight });
        recordDropout(recorder, recordMatmul(recorder, { a: g, b: a }), seed, dropout, dx);
        found.x = unflat(recorder, dx, x.shape);
      } else if (needs.x) {
        const dx = recordMatmul(recorder, { a: dy, b: weight, low: g, up: a });
        found.x = unflat(recorder, dx, x.shape);
      }
    }
    if (needs.weight) {
      const operands = { a: dy, b: rows, ...add('weight') };
      found.weight = recordMatmul(recorder, operands, { transposeA: true });
    }
    if (needs.bias && bias) found.bias = recordColumnSums(recorder, dy, into.bias);
    return found;
  },
});
