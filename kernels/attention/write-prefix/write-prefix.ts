import {
  elementsInclude,
  expectShape,
  type Recorder,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import type { PrefixPlace } from './write-prefix.reference.ts';
import text from './write-prefix.wgsl';

export { type PrefixPlace, writePrefixReference } from './write-prefix.reference.ts';

const shaderSource = shader('write-prefix', text, elementsInclude);

/**
 * Records writing the keys or values of virtual tokens into the first slots of every sequence's cache, in place.
 *
 * cache [B, capacity, C]; source [R, S] f32: the token j has the C numbers from source[row + j, column] on.
 */
export function writePrefix(
  recorder: Recorder,
  { cache, source }: { cache: Tensor; source: Tensor },
  { virtual, row = 0, column = 0 }: PrefixPlace,
): void {
  expectShape(cache.name, cache.shape, [-1, -1, -1]);
  expectShape(source.name, source.shape, [-1, -1]);
  const [batch, capacity, width] = cache.shape as [number, number, number];
  const stride = source.shape[1]!;
  const count = batch * virtual * width;
  recorder.dispatch(shaderSource, {
    tensors: { source, cache },
    params: { count, slots: virtual, width, capacity, at: row * stride + column, stride },
    workgroups: Math.ceil(count / 64),
  });
}
