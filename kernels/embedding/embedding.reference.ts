import type { HostArrays } from '../contract/index.ts';

export type EmbeddingOptions = {
  scale?: number;
  /** The id of the table's first row. Default 0. */
  first?: number;
  /** The row of this id is read, but gets no gradient: PyTorch's `padding_idx`. */
  paddingIdx?: number | undefined;
};

/** The row of an id, or -1. */
const rowOf = (id: number, first: number, rows: number) =>
  id >= first && id < first + rows ? id - first : -1;

export const embeddingReference = {
  /** y[t] = scale · table[ids[t] - first]; zeros where that is no row. */
  forward(inputs: HostArrays, { scale = 1, first = 0 }: EmbeddingOptions): HostArrays {
    const { table, ids } = inputs;
    const [rows, width] = table!.shape as [number, number];
    const y = new Float64Array(ids!.data.length * width);
    ids!.data.forEach((id, t) => {
      const row = rowOf(id, first, rows);
      for (let c = 0; row >= 0 && c < width; c++) {
        y[t * width + c] = scale * table!.data[row * width + c]!;
      }
    });
    return { y: { shape: [ids!.data.length, width], data: y } };
  },

  /** dTable[v] = scale · Σ of dy[t] over the tokens of id first + v; zeros for that of padding. */
  backward(
    inputs: HostArrays,
    gradients: HostArrays,
    { scale = 1, first = 0, paddingIdx = -1 }: EmbeddingOptions,
  ): HostArrays {
    const { table, ids } = inputs;
    const [rows, width] = table!.shape as [number, number];
    const dTable = new Float64Array(table!.data.length);
    ids!.data.forEach((id, t) => {
      const row = id === paddingIdx ? -1 : rowOf(id, first, rows);
      for (let c = 0; row >= 0 && c < width; c++) {
        dTable[row * width + c]! += scale * gradients.y!.data[t * width + c]!;
      }
    });
    return { table: { shape: table!.shape, data: dTable } };
  },
};
