import { elements, expectShape, type Recorder, shader, type Tensor } from '../contract/index.ts';
import text from './adamw.forward.wgsl';
import type { AdamWStep } from './adamw.reference.ts';

export { type AdamWStep, adamwReference } from './adamw.reference.ts';

const source = shader('adamw.forward', text);

export interface AdamWTensors {
  /** Flat [n] f32 each; changed in place, but for the gradients. */
  readonly parameters: Tensor;
  readonly gradients: Tensor;
  readonly m: Tensor;
  readonly v: Tensor;
  /** [8] f32, as `adamwSchedule` fills it. */
  readonly schedule: Tensor;
  /** [4] f32: norm, coefficient, finite (1 or 0), 0: what `recordClip` returns. */
  readonly clip: Tensor;
}

/** The numbers of one step as the kernel reads them, worked out in float64. */
export function adamwSchedule(step: AdamWStep): Float32Array<ArrayBuffer> {
  const { lr, beta1, beta2, eps, weightDecay, step: t } = step;
  return Float32Array.of(
    lr,
    beta1,
    beta2,
    eps,
    weightDecay,
    1 - beta1 ** t,
    1 - beta2 ** t,
    1 - beta2,
  );
}

/**
 * Records one AdamW step of a whole flat buffer, in one dispatch: PyTorch's, with decoupled weight decay
 * on the first `decayCount` elements. Gradients are multiplied by the clip's coefficient; where the clip
 * found a number that is not finite, neither parameters nor moments change.
 */
export function recordAdamW(
  recorder: Recorder,
  { parameters, gradients, m, v, schedule, clip }: AdamWTensors,
  { decayCount }: { readonly decayCount: number },
): void {
  const count = elements(parameters.shape);
  for (const tensor of [gradients, m, v]) {
    expectShape(tensor.name, [elements(tensor.shape)], [count]);
  }
  expectShape(schedule.name, schedule.shape, [8]);
  expectShape(clip.name, clip.shape, [4]);
  recorder.dispatch(source, {
    tensors: { parameters, m, v, gradients, schedule, clip },
    params: { count, decayed: decayCount },
    workgroups: Math.ceil(count / 256),
  });
}
