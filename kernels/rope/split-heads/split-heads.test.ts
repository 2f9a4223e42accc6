import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array } from '../../contract/index.ts';
import { splitHeads, splitHeadsReference } from './split-heads.ts';

test('two heads of queries and one of keys are turned, values are copied', () => {
  const inputs = {
    qkv: array([1, 8], [1, 2, 3, 4, 5, 6, 7, 8]),
    cos: array([1, 1], [0]),
    sin: array([1, 1], [1]),
    positions: array([1], Int32Array.of(0)),
  };
  const { q, k, v } = splitHeadsReference.forward(inputs, { heads: 2, kvHeads: 1, headDim: 2 });
  expect([q, k, v].map((part) => [...part!.data])).toEqual([
    [-2, 1, -4, 3],
    [-6, 5],
    [7, 8],
  ]);
});

test('without angles all three are copied, and so are their gradients', () => {
  const inputs = { qkv: array([1, 8], [1, 2, 3, 4, 5, 6, 7, 8]) };
  const options = { heads: 2, kvHeads: 1, headDim: 2 };
  const parts = splitHeadsReference.forward(inputs, options);
  expect([parts.q, parts.k, parts.v].map((part) => [...part!.data])).toEqual([
    [1, 2, 3, 4],
    [5, 6],
    [7, 8],
  ]);
  const back = splitHeadsReference.backward(inputs, parts, options);
  expect([...back.qkv!.data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('its gradient is that of finite differences', () => {
  const inputs = {
    qkv: random([3, 30], 1),
    cos: random([5, 3], 2),
    sin: random([5, 3], 3),
    positions: array([3], Int32Array.from([0, 4, 2])),
  };
  checkGradients(splitHeads, inputs, { heads: 3, kvHeads: 1, headDim: 6 });
});
