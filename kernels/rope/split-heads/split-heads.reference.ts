import type { HostArray, HostArrays } from '../../contract/index.ts';
import { ropeReference } from '../rope.reference.ts';

export interface SplitHeadsOptions {
  readonly heads: number;
  /** Heads of keys and of values. */
  readonly kvHeads: number;
  readonly headDim: number;
}

/** Columns from `first` on of each row. */
function columns({ shape, data }: HostArray, first: number, width: number): HostArray {
  const [rows, all] = shape as [number, number];
  const part = new Float64Array(rows * width);
  for (let t = 0; t < rows; t++) {
    part.set(data.subarray(t * all + first, t * all + first + width), t * width);
  }
  return { shape: [rows, width], data: part };
}

export const splitHeadsReference = {
  forward(inputs: HostArrays, { heads, kvHeads, headDim }: SplitHeadsOptions): HostArrays {
    const [queries, keys] = [heads * headDim, kvHeads * headDim];
    const turned = (first: number, width: number) => {
      const x = columns(inputs.qkv!, first, width);
      return inputs.cos ? ropeReference.forward({ ...inputs, x }, { headDim }).y! : x;
    };
    return {
      q: turned(0, queries),
      k: turned(queries, keys),
      v: columns(inputs.qkv!, queries + keys, keys),
    };
  },

  /** Turned back, side by side. */
  backward(inputs: HostArrays, gradients: HostArrays, { headDim }: SplitHeadsOptions): HostArrays {
    const back = (y: HostArray) =>
      inputs.cos ? ropeReference.backward(inputs, { y }, { headDim }).x! : y;
    const parts = [back(gradients.q!), back(gradients.k!), gradients.v!];
    const [rows, all] = inputs.qkv!.shape as [number, number];
    const data = new Float64Array(rows * all);
    for (let t = 0; t < rows; t++) {
      let at = t * all;
      for (const { shape, data: part } of parts) {
        const width = shape[1]!;
        data.set(part.subarray(t * width, (t + 1) * width), at);
        at += width;
      }
    }
    return { qkv: { shape: [rows, all], data } };
  },
};
