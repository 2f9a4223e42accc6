import { expect, test } from 'vitest';
import { checkGradients, random } from '../contract/checks.ts';
import { array } from '../contract/index.ts';
import { embedding, embeddingReference } from './embedding.ts';

const ids = array([4], Int32Array.from([2, -1, 0, 2]));

test('gathers rows, and zeros for padding', () => {
  const table = array([3, 2], [1, 2, 3, 4, 5, 6]);
  const { y } = embeddingReference.forward({ table, ids }, { scale: 10 });
  expect([...y!.data]).toEqual([50, 60, 0, 0, 10, 20, 50, 60]);
});

test('the row of padding is read, and its gradient left out', () => {
  const table = random([5, 3], 1);
  const arrays = { table, ids: array([3], Int32Array.from([2, 4, 2])) };
  const { y } = embeddingReference.forward(arrays, { paddingIdx: 2 });
  expect([...y!.data.subarray(0, 3)]).toEqual([...table.data.subarray(6, 9)]);
  const dy = random([3, 3], 2);
  const plain = embeddingReference.backward(arrays, { y: dy }, {}).table!.data;
  const { table: padded } = embeddingReference.backward(arrays, { y: dy }, { paddingIdx: 2 });
  expect([...padded!.data]).toEqual([...plain].map((v, i) => (i >= 6 && i < 9 ? 0 : v)));
});

test('the gradient of the table is that of finite differences', () => {
  checkGradients(embedding, { table: random([5, 3], 1), ids }, { scale: 3 }, { wrt: ['table'] });
});
