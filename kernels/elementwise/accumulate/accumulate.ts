import { elements, expectShape, type Recorder, shader, type Tensor } from '../../contract/index.ts';
import text from './accumulate.forward.wgsl';

export { accumulateReference } from './accumulate.reference.ts';

const source = shader('accumulate.forward', text);

/** Records target += values, in place; both f32 and of as many elements. */
export function accumulate(recorder: Recorder, target: Tensor, values: Tensor): void {
  const length = elements(target.shape);
  expectShape(values.name, [elements(values.shape)], [length]);
  const vec4 = length % 4 === 0;
  const count = vec4 ? length / 4 : length;
  recorder.dispatch(source, {
    tensors: { source: values, sum: target },
    defines: { VEC4: vec4 },
    params: { count },
    workgroups: Math.ceil(count / 64),
  });
}
