import { elements, expectShape, type Recorder, shader, type Tensor } from '../contract/index.ts';
import text from './sgd.wgsl';

export { type SgdStep, sgdReference } from './sgd.reference.ts';

const source = shader('sgd', text);

export interface SgdTensors {
  /** Flat [n] f32 each; the parameters are changed in place. */
  readonly parameters: Tensor;
  readonly gradients: Tensor;
  /** [8] f32, as `adamwSchedule` fills it: the rate and the decay are read. */
  readonly schedule: Tensor;
  /** [4] f32: norm, coefficient, finite (1 or 0), 0: what `recordClip` returns. */
  readonly clip: Tensor;
}

/**
 * Records one step of plain gradient descent of a whole flat buffer: PyTorch's SGD without momentum, whose weight
 * decay is part of the gradient, on the first `decayCount` elements. Where the clip found a number that is not
 * finite, nothing changes.
 */
export function recordSgd(
  recorder: Recorder,
  { parameters, gradients, schedule, clip }: SgdTensors,
  { decayCount }: { readonly decayCount: number },
): void {
  const count = elements(parameters.shape);
  expectShape(gradients.name, [elements(gradients.shape)], [count]);
  expectShape(schedule.name, schedule.shape, [8]);
  expectShape(clip.name, clip.shape, [4]);
  recorder.dispatch(source, {
    tensors: { parameters, gradients, schedule, clip },
    params: { count, decayed: decayCount },
    workgroups: Math.ceil(count / 64),
  });
}
