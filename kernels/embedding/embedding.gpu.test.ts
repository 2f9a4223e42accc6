import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, checkTangent, random, worstError } from '../contract/checks.ts';
import { array, runRecorded } from '../contract/index.ts';
import { embedding, embeddingReference } from './embedding.ts';

/** Ids below `vocabulary`, many of them twice, some of them padding. */
function someIds(tokens: number, vocabulary: number) {
  const value = (t: number) => (t % 11 === 7 ? -1 : (t * t * 31 + t) % vocabulary);
  return array(
    [tokens],
    Int32Array.from({ length: tokens }, (_, t) => value(t)),
  );
}

test.each([1, 63, 64, 65, 257])(
  '%i tokens and the gradient of the table equal float64',
  async (n) => {
    await checkKernel(embedding, { table: random([50, 17], 1), ids: someIds(n, 50) }, {});
    await checkKernel(embedding, { table: random([50, 64], 1), ids: someIds(n, 50) }, { scale: 8 });
  },
);

test('the row of padding is read, and gets no gradient', async () => {
  const options = { scale: 3, paddingIdx: 9 };
  const ids = someIds(65, 50);
  ids.data.fill(9, 20, 30);
  await checkKernel(embedding, { table: random([50, 17], 1), ids }, options);
  await checkKernel(embedding, { table: random([50, 64], 1), ids }, options);
});

test('a large table and 2000 tokens of few ids equal float64', async () => {
  await checkKernel(embedding, { table: random([4001, 60], 1), ids: someIds(2000, 9) }, {});
});

test('a part of a table takes the ids of its rows, and gradients of these alone', async () => {
  const inputs = { table: random([20, 12], 1), ids: someIds(65, 50) };
  await checkKernel(embedding, inputs, { first: 17 });
  await checkKernel(embedding, { ...inputs, table: random([20, 7], 1) }, { first: 17, scale: 3 });
});

test('rows that are gathered once each get their gradient back', async () => {
  const ids = array([3], Int32Array.from([6, 0, 3]));
  await checkKernel(embedding, { table: random([7, 5], 1), ids }, {});
});

test('ids past the table give zeros and no gradient', async () => {
  const { device } = await testGpu();
  const arrays = {
    table: random([4, 3], 1),
    ids: array([2], Int32Array.from([4, 2])),
    dy: random([2, 3], 2),
  };
  const results = await runRecorded(device, arrays, (recorder, { table, ids, dy }) => {
    const inputs = { table: table!, ids: ids! };
    const { y } = embedding.forward(recorder, inputs, {});
    const gradients = embedding.backward!(recorder, {
      inputs,
      outputs: { y },
      options: {},
      gradients: { y: dy! },
      needs: { table: true },
      into: {},
    });
    return { y, dTable: gradients.table };
  });
  expect([...results.y!.data.subarray(0, 3)]).toEqual([0, 0, 0]);
  const expected = new Float32Array(12);
  expected.set(arrays.dy.data.subarray(3), 6);
  expect([...results.dTable!.data]).toEqual([...expected]);
});

test('the gradient is added to that of an earlier micro-batch, with the same bits each time', async () => {
  const { device } = await testGpu();
  const arrays = { table: random([40, 12], 1), ids: someIds(200, 40), dy: random([200, 12], 2) };
  const once = async () =>
    await runRecorded(device, { ...arrays, into: random([40, 12], 3) }, (recorder, all) => {
      const gradients = embedding.backward!(recorder, {
        inputs: { table: all.table!, ids: all.ids! },
        outputs: { y: all.dy! },
        options: {},
        gradients: { y: all.dy! },
        needs: { table: true },
        into: { table: all.into! },
      });
      expect(gradients.table).toBe(all.into);
      return { dTable: gradients.table };
    });
  const { dTable } = await once();
  const truth = embeddingReference.backward(arrays, { y: arrays.dy }, {}).table!;
  const into = random([40, 12], 3).data;
  const expected = Float64Array.from(truth.data, (v, i) => v + into[i]!);
  expect(worstError(dTable!, { shape: [40, 12], data: expected })).toBeLessThan(1e-6);
  expect((await once()).dTable!.data).toEqual(dTable!.data);
});

test.each([1, 63, 64, 65, 257])('%i tokens move with their rows of the table', async (n) => {
  const inputs = { table: random([50, 36], 1), ids: someIds(n, 50) };
  await checkTangent(embedding, inputs, { scale: 8 }, { wrt: ['table'] });
});
