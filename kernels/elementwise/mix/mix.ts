import {
  elements,
  elementsInclude,
  expectShape,
  type Recorder,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import { elementwiseGrid } from '../elementwise.grid.ts';
import text from './mix.forward.wgsl';

export { mixReference } from './mix.reference.ts';

const source = shader('mix.forward', text, elementsInclude);

/**
 * Records target = (1 - share) · target + share · values, in place; both f32 and of as many elements.
 * So the reference model follows the policy in TR-DPO.
 * @see Gorbatovski et al. 2024, https://arxiv.org/abs/2404.09656, equation 2
 */
export function mix(recorder: Recorder, target: Tensor, values: Tensor, share: number): void {
  expectShape(values.name, [elements(values.shape)], [elements(target.shape)]);
  const { params, ...grid } = elementwiseGrid(target);
  recorder.dispatch(source, {
    tensors: { source: values, mixed: target },
    params: { ...params, share },
    ...grid,
  });
}
