import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { random } from '../../contract/checks.ts';
import { array, runRecorded } from '../../contract/index.ts';
import { advanceReference, advanceRows } from './advance.ts';

test.each([1, 63, 64, 65, 257])('%i rows, three steps in a ring of two', async (batch) => {
  const { device } = await testGpu();
  const stride = Math.ceil(batch / 64) * 64;
  const ints = (count: number, of: (i: number) => number) =>
    Int32Array.from({ length: count }, (_, i) => of(i));
  const fixed = {
    sampled: array(
      [batch],
      ints(batch, (i) => i % 7),
    ),
    logps: random([batch], 3),
    ends: array([2], Int32Array.of(5, -1)),
  };
  const arrays = {
    ...fixed,
    rows: array(
      [5, stride],
      ints(5 * stride, (i) => (i < 3 * stride ? i % 50 : i < 4 * stride ? i % 4 : i % 3)),
    ),
    ids: array(
      [2, batch],
      ints(2 * batch, () => 77),
    ),
    idLogps: random([2, batch], 4),
  };
  const found = await runRecorded(device, arrays, (recorder, tensors) => {
    for (let step = 0; step < 3; step++) advanceRows(recorder, tensors as never);
    return { rows: tensors.rows, ids: tensors.ids, idLogps: tensors.idLogps };
  });
  let expected: ReturnType<typeof advanceReference> = arrays;
  for (let step = 0; step < 3; step++)
    expected = advanceReference({ ...fixed, ...expected } as never);
  for (const name of ['rows', 'ids', 'idLogps']) {
    expect([...found[name]!.data], name).toEqual([...expected[name]!.data]);
  }
});
