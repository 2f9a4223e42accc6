import { array, type Bench, worstDifference } from '../contract/index.ts';
import { tokenLogps } from './token-logps.ts';

const [tokens, width, vocabulary] = [256, 576, 49_152];
const targets = Int32Array.from({ length: tokens }, (_, i) => (i * 191) % vocabulary);

/** SmolLM2-135M's output layer with log-softmax and gather, for 2 × 128 tokens. */
export const benches: Bench[] = [
  {
    name: `token-logps ${tokens}x${vocabulary}x${width}`,
    flops: 2 * tokens * width * vocabulary,
    record(recorder) {
      const hidden = recorder.tensor('hidden', [tokens, width]);
      const weight = recorder.tensor('weight', [vocabulary, width]);
      const ids = recorder.tensor('targets', [tokens], 'i32');
      const { logps } = tokenLogps.forward(recorder, { hidden, weight, targets: ids }, {});
      return { inputs: [hidden, weight], outputs: [logps], given: [[ids, targets]] };
    },
    worstError([hidden, weight], [logps]) {
      const rows = 4;
      const inputs = {
        hidden: array([rows, width], hidden!.subarray(0, rows * width)),
        weight: array([vocabulary, width], weight!),
        targets: array([rows], targets.subarray(0, rows)),
      };
      const truth = tokenLogps.reference.forward(inputs, {}).logps!.data;
      return worstDifference(logps!.subarray(0, rows), truth);
    },
    tolerance: 1e-4,
  },
];
