import { array, type Bench, worstDifference } from '../../contract/index.ts';
import { rmsNorm } from './rms-norm.ts';

const [rows, width] = [256, 576];
const options = { eps: 1e-5 };

/** SmolLM2-135M's norms for 2 × 128 tokens: reads x, writes y. */
export const benches: Bench[] = [
  {
    name: `rms-norm ${rows}x${width}`,
    flops: 4 * rows * width,
    bytes: 8 * rows * width,
    record(recorder) {
      const x = recorder.tensor('x', [rows, width]);
      const weight = recorder.tensor('weight', [width]);
      const { y } = rmsNorm.forward(recorder, { x, weight }, options);
      return { inputs: [x, weight], outputs: [y] };
    },
    worstError([x, weight], [y]) {
      const inputs = { x: array([rows, width], x!), weight: array([width], weight!) };
      return worstDifference(y!, rmsNorm.reference.forward(inputs, options).y!.data);
    },
    tolerance: 1e-5,
  },
];
