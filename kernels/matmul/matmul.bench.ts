import type { Bench } from '../contract/index.ts';
import { recordMatmul } from './matmul.ts';

/** f32 x [m, k] · w [k, n]; `linear`: w is [n, k], as models hold their layers, and has no peers. */
const product = (m: number, n: number, k: number, linear = false): Bench => ({
  name: `matmul ${m}x${n}x${k}${linear ? ' linear' : ''}`,
  flops: 2 * m * n * k,
  ...(!linear && { product: [m, n, k] as const }),
  record(recorder) {
    const a = recorder.tensor('a', [m, k]);
    const b = recorder.tensor('b', linear ? [n, k] : [k, n]);
    return { inputs: [a, b], outputs: [recordMatmul(recorder, { a, b }, { transposeB: linear })] };
  },
  worstError([a, b], [y]) {
    let worst = 0;
    for (let t = 0; t < 50; t++) {
      const [i, j] = [(t * 7919) % m, (t * 104729) % n];
      let sum = 0;
      for (let l = 0; l < k; l++) {
        sum += a![i * k + l]! * b![linear ? j * k + l : l * n + j]!;
      }
      const error = Math.abs(sum - y![i * n + j]!);
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
  product(128, 576, 576, true),
  product(128, 1536, 576, true),
  product(128, 49152, 576, true),
];
