import type { HostArrays } from '../contract/index.ts';

export type EmbeddingOptions = {
  scale?: number;
  /** The row of this id is read, but gets no gradient: PyTorch's `padding_idx`. */
  paddingIdx?: number | undefined;
};

export const embeddingReference = {
  /** y[t] = scale · table[ids[t]]; zeros where ids[t] < 0. */
  forward(inputs: HostArrays, { scale = 1 }: EmbeddingOptions): HostArrays {
    const { table, ids } = inputs;
    const width = table!.shape[1]!;
    const y = new Float64Array(ids!.data.length * width);
    ids!.data.forEach((id, t) => {
      for (let c = 0; id >= 0 && c < width; c++) {
        y[t * width + c] = scale * table!.data[id * width + c]!;
      }
    });
    return { y: { shape: [ids!.data.length, width], data: y } };
  },

  /** dTable[v] = scale · Σ of dy[t] over the tokens of id v; zeros for that of padding. */
  backward(
    inputs: HostArrays,
    gradients: HostArrays,
    { scale = 1, paddingIdx = -1 }: EmbeddingOptions,
  ): HostArrays {
    const { table, ids } = inputs;
    const width = table!.shape[1]!;
    const dTable = new Float64Array(table!.data.length);
    ids!.data.forEach((id, t) => {
      for (let c = 0; id >= 0 && id !== paddingIdx && c < width; c++) {
        dTable[id * width + c]! += scale * gradients.y!.data[t * width + c]!;
      }
    });
    return { table: { shape: table!.shape, data: dTable } };
  },
};
