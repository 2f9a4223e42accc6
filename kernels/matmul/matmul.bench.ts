import type { Bench } from '../contract/index.ts';
import { recordMatmul } from './matmul.ts';

/** f32 x [m, k] · w [k, n]. */
const product = (m: number, n: number, k: number): Bench => ({
  name: `matmul ${m}x${n}x${k}`,
  flops: 2 * m * n * k,
  product: [m, n, k],
  record(recorder) {
    const a = recorder.tensor('a', [m, k]);
    const b = recorder.tensor('b', [k, n]);
    return { inputs: [a, b], output: recordMatmul(recorder, { a, b }) };
  },
  worstError([a, b], y) {
    let worst = 0;
    for (let t = 0; t < 50; t++) {
      const [i, j] = [(t * 7919) % m, (t * 104729) % n];
      let sum = 0;
      for (let l = 0; l < k; l++) sum += a![i * k + l]! * b![l * n + j]!;
      const error = Math.abs(sum - y[i * n + j]!);
      if (!(error <= worst)) worst = error; // NaN is the worst of all
    }
    return worst;
  },
  tolerance: 1e-4,
});

/** Two squares, and the linear layers of SmolLM2-135M for 128 rows. */
export const benches: Bench[] = [
  product(512, 512, 512),
  product(1024, 1024, 1024),
  product(128, 576, 576),
  product(128, 1536, 576),
  product(128, 49152, 576),
];
