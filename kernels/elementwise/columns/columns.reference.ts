import type { HostArray, HostArrays } from '../../contract/index.ts';

const inOrder = (parts: HostArrays): [string, HostArray][] =>
  Object.entries(parts).sort(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)));

export const columnsReference = {
  /** The parts p0, p1, … side by side. */
  forward(inputs: HostArrays): HostArrays {
    const parts = inOrder(inputs).map(([, part]) => part);
    const rows = parts[0]!.shape[0]!;
    const columns = parts.reduce((sum, { shape }) => sum + shape[1]!, 0);
    const data = new Float64Array(rows * columns);
    let first = 0;
    for (const { shape, data: part } of parts) {
      const width = shape[1]!;
      for (let row = 0; row < rows; row++) {
        data.set(part.subarray(row * width, (row + 1) * width), row * columns + first);
      }
      first += width;
    }
    return { y: { shape: [rows, columns], data } };
  },

  /** To each part its columns. */
  backward(inputs: HostArrays, { y }: HostArrays): HostArrays {
    const [rows, columns] = y!.shape as [number, number];
    const found: HostArrays = {};
    let first = 0;
    for (const [name, { shape }] of inOrder(inputs)) {
      const width = shape[1]!;
      const data = new Float64Array(rows * width);
      for (let row = 0; row < rows; row++) {
        const start = row * columns + first;
        data.set(y!.data.subarray(start, start + width), row * width);
      }
      found[name] = { shape, data };
      first += width;
    }
    return found;
  },
};
