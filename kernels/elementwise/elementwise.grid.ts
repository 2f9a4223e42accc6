import { elements, type Tensor } from '../contract/index.ts';

/** An invocation an element, which is four numbers where the length allows (VEC4), in workgroups of 64. */
export function elementwiseGrid(tensor: Tensor) {
  const length = elements(tensor.shape);
  const vec4 = length % 4 === 0;
  const count = vec4 ? length / 4 : length;
  return { defines: { VEC4: vec4 }, params: { count }, workgroups: Math.ceil(count / 64) };
}
