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

test('the gradient of the table is that of finite differences', () => {
  checkGradients(embedding, { table: random([5, 3], 1), ids }, { scale: 3 }, { wrt: ['table'] });
});
