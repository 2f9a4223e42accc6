import { AttuneError } from '@attune/gpu';
import { expectShape, operation, type Tensor } from '../../contract/index.ts';
import { recordForward, recordGradients, recordStats, recordTangent } from './attention.record.ts';
import { type AttentionOptions, attentionReference } from './attention.reference.ts';

export { type AttentionOptions, attentionReference } from './attention.reference.ts';

type Inputs = { q: Tensor; k: Tensor; v: Tensor; bounds: Tensor };

function checkShapes({ q, k, v, bounds }: Inputs, options: AttentionOptions): void {
  const { rows, length, heads, kvHeads, headDim, window } = options;
  if (heads % kvHeads !== 0) {
    throw new AttuneError(
      'wrong-shape',
      `${heads} query heads cannot share ${kvHeads} heads of keys and values evenly.`,
      'Give a number of heads that kvHeads divides.',
    );
  }
  if (headDim > 256 || (window !== undefined && window < 1)) {
    throw new AttuneError(
      'wrong-shape',
      `Attention was asked for headDim ${headDim} and window ${window}.`,
      'headDim is at most 256, a window at least 1.',
    );
  }
  expectShape(q.name, q.shape, [rows * length, heads * headDim]);
  expectShape(k.name, k.shape, [rows * length, kvHeads * headDim]);
  expectShape(v.name, v.shape, k.shape);
  expectShape(bounds.name, bounds.shape, [rows * length, 2]);
}

/**
 * Scaled dot-product attention: y = softmax(scale · q·kᵀ)·v for each head, with no length × length buffer.
 *
 * q and y [rows · length, heads · headDim]; k, v [rows · length, kvHeads · headDim]: grouped-query where
 * kvHeads < heads. bounds i32 [rows · length, 2] holds each token's document as [start, end) within its row;
 * a token sees only keys of its document, by default only up to itself (`causal`), and with `window` only
 * that many back. Padding has (0, 0): its output and its gradients are exact zeros. A document's tokens
 * are contiguous and have the same bounds. lse [rows · length, heads], the logarithm of the softmax's sum,
 * is kept for the gradient.
 * @see Dao 2023, FlashAttention-2; Ainslie et al. 2023, GQA
 */
export const attention = operation<Inputs, { y: Tensor; lse: Tensor }, AttentionOptions>({
  name: 'attention',
  reference: attentionReference,
  forward(recorder, inputs, options) {
    checkShapes(inputs, options);
    return recordForward(recorder, inputs, options);
  },
  tangent: (recorder, { inputs, options, tangents }) => ({
    y: recordTangent(recorder, inputs, tangents, options),
  }),
  backward(recorder, { inputs, outputs, gradients: { y: dy }, options, needs }) {
    if (!dy || !(needs.q || needs.k || needs.v)) return {};
    const stats = recordStats(recorder, { ...outputs, dy }, options);
    const found = recordGradients(recorder, { ...inputs, dy, stats }, options, {
      query: Boolean(needs.q),
      key: Boolean(needs.k || needs.v),
    });
    return {
      ...(needs.q && { q: found.dq! }),
      ...(needs.k && { k: found.dk! }),
      ...(needs.v && { v: found.dv! }),
    };
  },
});
