import { type Bench, type Tensor, worstDifference } from '../contract/index.ts';
import { adamwReference, adamwSchedule, recordAdamW } from './adamw.ts';

/** LoRA of rank 8 on all linear layers of SmolLM2-135M. */
const count = 2_442_240;
const step = { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01, step: 1 };

/** Reads parameters, gradients and both moments, writes all but the gradients. */
export const benches: Bench[] = [
  {
    name: `adamw ${count}`,
    flops: 15 * count,
    bytes: 7 * 4 * count,
    record(recorder) {
      const [parameters, gradients, m, v] = ['parameters', 'gradients', 'm', 'v'].map((name) =>
        recorder.tensor(name, [count]),
      ) as [Tensor, Tensor, Tensor, Tensor];
      const schedule = recorder.tensor('schedule', [8]);
      const clip = recorder.tensor('clip', [4]);
      const tensors = { parameters, gradients, m, v, schedule, clip };
      recordAdamW(recorder, tensors, { decayCount: count });
      return {
        inputs: [parameters, gradients],
        outputs: [parameters],
        given: [
          [m, new Float32Array(count)],
          [v, new Float32Array(count)],
          [schedule, adamwSchedule(step)],
          [clip, Float32Array.of(1, 1, 1, 0)],
        ],
      };
    },
    worstError([parameters, gradients], [after]) {
      const p = Float64Array.from(parameters!);
      const [m, v] = [new Float64Array(count), new Float64Array(count)];
      adamwReference({ p, m, v, g: gradients! }, step);
      return worstDifference(after!, p);
    },
    tolerance: 1e-6,
  },
];
