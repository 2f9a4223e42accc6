import { AttuneError } from './error.ts';

/**
 * Spreads `count` workgroups over the dimensions of a dispatch, since one dimension holds `max`.
 * Up to `max` they lie in x; beyond that nearly square in x and y (and z, beyond `max`²), so that few
 * are idle. A kernel linearises with
 * `workgroup_id.x + num_workgroups.x * (workgroup_id.y + num_workgroups.y * workgroup_id.z)`
 * and must return when that is `count` or more.
 *
 * @throws AttuneError `bad-dispatch` when count is negative, no integer, or above `max`³
 */
export function foldWorkgroups(count: number, max = 65535): [number, number, number] {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new AttuneError(
      'bad-dispatch',
      `${count} workgroups cannot be dispatched.`,
      'Give a whole number of at least 0.',
    );
  }
  if (count <= max) return [count, 1, 1];
  const z = Math.ceil(count / (max * max));
  if (z > max) {
    throw new AttuneError(
      'bad-dispatch',
      `${count} workgroups are more than one dispatch holds (${max} in each of 3 dimensions).`,
      'Let each workgroup do more.',
    );
  }
  const layer = Math.ceil(count / z);
  const x = Math.min(max, Math.ceil(Math.sqrt(layer)));
  return [x, Math.ceil(layer / x), z];
}
