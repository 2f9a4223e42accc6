import {
  elementsInclude,
  expectShape,
  type Recorder,
  shader,
  type Tensor,
} from '../../contract/index.ts';
import text from './write-cache.wgsl';

export { writeCacheReference } from './write-cache.reference.ts';

const source = shader('write-cache', text, elementsInclude);

/**
 * Records writing keys or values into their cache, in place.
 *
 * cache [B, capacity, C]; rows [B · length, C]; positions i32 [B · length]: row b · length + t goes to
 * cache[b, positions[b · length + t]]; a position below 0 or past the capacity is skipped. No two rows of a
 * sequence may share a slot.
 */
export function writeCache(
  recorder: Recorder,
  { cache, rows, positions }: { cache: Tensor; rows: Tensor; positions: Tensor },
  { length }: { length: number },
): void {
  expectShape(cache.name, cache.shape, [-1, -1, -1]);
  const [batch, capacity, width] = cache.shape as [number, number, number];
  expectShape(rows.name, rows.shape, [batch * length, width]);
  expectShape(positions.name, positions.shape, [batch * length]);
  const vec4 = width % 4 === 0;
  const columns = vec4 ? width / 4 : width;
  const count = batch * length * columns;
  recorder.dispatch(source, {
    tensors: { rows, positions, cache },
    defines: { VEC4: vec4 },
    params: { count, width: columns, length, capacity },
    workgroups: Math.ceil(count / 64),
  });
}
