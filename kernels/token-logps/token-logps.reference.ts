import type { HostArray, HostArrays } from '../contract/index.ts';

export interface TokenLogpsOptions {
  /** Divides the logits, also those of the entropy. Default 1. */
  readonly temperature?: number;
  /** Rows whose logits are held at once; by default as many as fill 16 MiB, at least 8. */
  readonly chunk?: number;
  /** Wants the output of that name, in the same pass; not computed otherwise. */
  readonly logSumSquares?: boolean;
  readonly meanLogits?: boolean;
}

interface Row {
  readonly logits: Float64Array;
  readonly lse: number;
  readonly entropy: number;
  readonly target: number;
}

/** The output layer whole: weight, and below it weight1, weight2, … where it is given in parts. */
function wholeOf(inputs: HostArrays): HostArray {
  const parts = [inputs.weight!];
  for (let i = 1; inputs[`weight${i}`]; i++) parts.push(inputs[`weight${i}`]!);
  const rows = parts.reduce((sum, { shape }) => sum + shape[0]!, 0);
  const data = Float64Array.from(parts.flatMap(({ data }) => [...data]));
  return { shape: [rows, inputs.weight.shape[1]!], data };
}

/** logits = hidden · weightᵀ / temperature, lse = ln Σ e^logit and H = -Σ p ln p of each row. */
function* rowsOf(inputs: HostArrays, { temperature = 1 }: TokenLogpsOptions) {
  const { hidden, targets } = inputs;
  const weight = wholeOf(inputs);
  const [rows, width] = hidden!.shape as [number, number];
  for (let n = 0; n < rows; n++) {
    const logits = new Float64Array(weight.shape[0]!);
    for (let v = 0; v < logits.length; v++) {
      for (let k = 0; k < width; k++) {
        logits[v]! += (hidden!.data[n * width + k]! * weight.data[v * width + k]!) / temperature;
      }
    }
    const largest = logits.reduce((a, b) => Math.max(a, b));
    const place = logits.indexOf(largest);
    let rest = 0;
    logits.forEach((x, v) => {
      if (v !== place) rest += Math.exp(x - largest);
    });
    const lse = largest + Math.log1p(rest);
    let entropy = Math.log1p(rest);
    for (const x of logits) entropy -= Math.exp(x - lse) * (x - largest);
    yield { logits, lse, entropy, target: targets!.data[n]! } as Row;
  }
}

export const tokenLogpsReference = {
  /** logps = logit of the target - lse, and the entropy; 0 where the target is negative. */
  forward(inputs: HostArrays, options: TokenLogpsOptions): HostArrays {
    const rows = [...rowsOf(inputs, options)];
    const of = (f: (row: Row) => number) => ({
      shape: [rows.length],
      data: Float64Array.from(rows, (row) => (row.target < 0 ? 0 : f(row))),
    });
    return {
      logps: of((row) => row.logits[row.target]! - row.lse),
      entropy: of((row) => row.entropy),
    };
  },

  /**
   * What else `forward` returns, without gradients: whether the target has the largest logit, lse, ln Σ p², the mean
   * of the logits.
   */
  statistics(inputs: HostArrays, options: TokenLogpsOptions): HostArrays {
    const rows = [...rowsOf(inputs, options)];
    const of = (f: (row: Row) => number) => ({
      shape: [rows.length],
      data: Float64Array.from(rows, (row) => (row.target < 0 ? 0 : f(row))),
    });
    return {
      correct: of(({ logits, target }) => (logits.indexOf(Math.max(...logits)) === target ? 1 : 0)),
      lse: of((row) => row.lse),
      logSumSquares: of(({ logits, lse }) => {
        // Σ p² = p_m² + rest, where the largest p_m is 1 less what the others have.
        const ps = logits.map((x) => Math.exp(x - lse));
        const place = ps.indexOf(Math.max(...ps));
        const others = ps.reduce((sum, p, v) => (v === place ? sum : sum + p), 0);
        const squares = ps.reduce((sum, p, v) => (v === place ? sum : sum + p * p), 0);
        return Math.log1p(others * (others - 2) + squares);
      }),
      meanLogits: of(({ logits }) => logits.reduce((sum, x) => sum + x / logits.length, 0)),
    };
  },

  /** dlogit_j = dlogp (1[j = t] - p_j) - dentropy p_j (ln p_j + H), then through hidden · weightᵀ. */
  backward(inputs: HostArrays, gradients: HostArrays, options: TokenLogpsOptions): HostArrays {
    const { hidden } = inputs;
    const weight = wholeOf(inputs);
    const width = hidden!.shape[1]!;
    const dhidden = new Float64Array(hidden!.data.length);
    const dweight = new Float64Array(weight.data.length);
    let n = 0;
    for (const { logits, lse, entropy, target } of rowsOf(inputs, options)) {
      const g = gradients.logps?.data[n] ?? 0;
      const h = gradients.entropy?.data[n] ?? 0;
      for (let v = 0; v < logits.length && target >= 0; v++) {
        const logp = logits[v]! - lse;
        const p = Math.exp(logp);
        const d = g * (v === target ? -Math.expm1(logp) : -p) - h * p * (logp + entropy);
        const scaled = d / (options.temperature ?? 1);
        for (let k = 0; k < width; k++) {
          dhidden[n * width + k]! += scaled * weight.data[v * width + k]!;
          dweight[v * width + k]! += scaled * hidden!.data[n * width + k]!;
        }
      }
      n++;
    }
    const found: HostArrays = { hidden: { shape: hidden!.shape, data: dhidden } };
    let at = 0;
    for (let i = 0; inputs[i === 0 ? 'weight' : `weight${i}`]; i++) {
      const name = i === 0 ? 'weight' : `weight${i}`;
      const { shape, data } = inputs[name]!;
      found[name] = { shape, data: dweight.slice(at, at + data.length) };
      at += data.length;
    }
    return found;
  },
};
