import type { HostArray, HostArrays } from '../contract/index.ts';

export type LstmOptions = {
  /** From the last row to the first. Default false. */
  reverse?: boolean;
};

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const zeros = ({ shape, data }: HostArray) => ({ shape, data: new Float64Array(data.length) });

/** What a step keeps for its gradient: gates i, f, g, o after their functions, the cell before and after. */
interface Step {
  readonly t: number;
  /** The row that came before in the order of the walk, or -1. */
  readonly before: number;
  readonly gates: readonly [Float64Array, Float64Array, Float64Array, Float64Array];
  readonly cell: Float64Array;
  readonly earlier: Float64Array;
}

function walk({ gates, weight, bias }: HostArrays, { reverse = false }: LstmOptions) {
  const [n, four] = gates!.shape as [number, number];
  const h = four / 4;
  const y = new Float64Array(n * h);
  const steps: Step[] = [];
  let earlier = new Float64Array(h);
  for (let s = 0; s < n; s++) {
    const t = reverse ? n - 1 - s : s;
    const before = s === 0 ? -1 : reverse ? t + 1 : t - 1;
    const sums = Array.from({ length: four }, (_, r) => {
      let sum = gates!.data[t * four + r]! + bias!.data[r]!;
      for (let v = 0; v < h && before >= 0; v++)
        sum += weight!.data[r * h + v]! * y[before * h + v]!;
      return sum;
    });
    const part = (k: number, f: (x: number) => number) =>
      Float64Array.from(sums.slice(k * h, (k + 1) * h), f);
    const [i, f, g, o] = [part(0, sigmoid), part(1, sigmoid), part(2, Math.tanh), part(3, sigmoid)];
    const cell = Float64Array.from({ length: h }, (_, u) => f[u]! * earlier[u]! + i[u]! * g[u]!);
    for (let u = 0; u < h; u++) y[t * h + u] = o[u]! * Math.tanh(cell[u]!);
    steps.push({ t, before, gates: [i, f, g, o], cell, earlier });
    earlier = cell;
  }
  return { n, h, y, steps };
}

export const lstmReference = {
  /** c = σ(f)·c' + σ(i)·tanh(g), y = σ(o)·tanh(c); i, f, g, o are gates + bias + W·y', ' of the row before. */
  forward(inputs: HostArrays, options: LstmOptions): HostArrays {
    const { n, h, y } = walk(inputs, options);
    return { y: { shape: [n, h], data: y } };
  },

  /** The same steps backwards: what the next row's gates and cell say of this row's is added. */
  backward(inputs: HostArrays, gradients: HostArrays, options: LstmOptions): HostArrays {
    const { n, h, y, steps } = walk(inputs, options);
    const dGates = { shape: [n, 4 * h], data: new Float64Array(4 * n * h) };
    const [dWeight, dBias] = [zeros(inputs.weight!), zeros(inputs.bias!)];
    const weight = inputs.weight!.data;
    let dCell = new Float64Array(h);
    let dNext = new Float64Array(h);
    for (const { t, before, gates, cell, earlier } of steps.toReversed()) {
      const [i, f, g, o] = gates;
      const cells = new Float64Array(h);
      const hidden = new Float64Array(h);
      for (let u = 0; u < h; u++) {
        const dy = gradients.y!.data[t * h + u]! + dNext[u]!;
        const th = Math.tanh(cell[u]!);
        const dc = dCell[u]! + dy * o[u]! * (1 - th * th);
        const d = [
          dc * g[u]! * i[u]! * (1 - i[u]!),
          dc * earlier[u]! * f[u]! * (1 - f[u]!),
          dc * i[u]! * (1 - g[u]! ** 2),
          dy * th * o[u]! * (1 - o[u]!),
        ];
        cells[u] = dc * f[u]!;
        d.forEach((value, k) => {
          const r = k * h + u;
          dGates.data[t * 4 * h + r] = value;
          dBias.data[r]! += value;
          for (let v = 0; v < h; v++) {
            hidden[v]! += weight[r * h + v]! * value;
            if (before >= 0) dWeight.data[r * h + v]! += value * y[before * h + v]!;
          }
        });
      }
      [dCell, dNext] = [cells, hidden];
    }
    return { gates: dGates, weight: dWeight, bias: dBias };
  },
};
