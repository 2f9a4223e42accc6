import {
  elements,
  elementsInclude,
  expectShape,
  type Recorder,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import { elementwiseGrid } from '../elementwise.grid.ts';
import text from './accumulate.forward.wgsl';

export { accumulateReference } from './accumulate.reference.ts';

const source = shader('accumulate.forward', text, elementsInclude);

/** Records target += values, in place; both f32 and of as many elements. */
export function accumulate(recorder: Recorder, target: Tensor, values: Tensor): void {
  expectShape(values.name, [elements(values.shape)], [elements(target.shape)]);
  recorder.dispatch(source, {
    tensors: { source: values, sum: target },
    ...elementwiseGrid(target),
  });
}
