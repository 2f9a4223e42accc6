import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array, Recording } from '../../contract/index.ts';
import { type AttentionOptions, attention, attentionReference } from './attention.ts';

const bounds = (pairs: [number, number][]) =>
  array([pairs.length, 2], Int32Array.from(pairs.flat()));

const options = { rows: 1, length: 3, heads: 1, kvHeads: 1, headDim: 2 };

test('the first query of a document gives its own value, padding gives zeros', () => {
  const inputs = {
    q: random([3, 2], 1),
    k: random([3, 2], 2),
    v: array([3, 2], [1, 2, 3, 4, 5, 6]),
    bounds: bounds([
      [0, 1],
      [1, 2],
      [0, 0],
    ]),
  };
  expect([...attentionReference.forward(inputs, options).y!.data]).toEqual([1, 2, 3, 4, 0, 0]);
});

test('equal scores give the mean of the values in sight', () => {
  const all: [number, number] = [0, 3];
  const inputs = {
    q: array([3, 2], [0, 0, 0, 0, 0, 0]),
    k: random([3, 2], 2),
    v: array([3, 2], [1, 0, 3, 0, 8, 0]),
    bounds: bounds([all, all, all]),
  };
  const column = (more: Partial<AttentionOptions>) =>
    [...attentionReference.forward(inputs, { ...options, ...more }).y!.data].filter(
      (_, i) => i % 2 === 0,
    );
  expect(column({})).toEqual([1, 2, 4]);
  expect(column({ window: 2 })).toEqual([1, 2, 5.5]);
  expect(column({ window: 1 })).toEqual([1, 3, 8]);
  expect(column({ causal: false })).toEqual([4, 4, 4]);
});

test.each([
  { heads: 4, kvHeads: 2 },
  { heads: 3, kvHeads: 1, window: 2, scale: 0.9 },
  { heads: 2, kvHeads: 2, causal: false },
])('its gradients are those of finite differences with %o', (more) => {
  const length = 6;
  const inputs = {
    q: random([2 * length, more.heads * 3], 1, 4),
    k: random([2 * length, more.kvHeads * 3], 2, 4),
    v: random([2 * length, more.kvHeads * 3], 3),
    bounds: bounds([
      ...Array(6).fill([0, 6]),
      ...Array(3).fill([0, 3]),
      ...Array(2).fill([3, 5]),
      [0, 0],
    ]),
  };
  checkGradients(
    attention,
    inputs,
    { rows: 2, length, headDim: 3, ...more },
    { wrt: ['q', 'k', 'v'] },
  );
});

test('heads that cannot be shared, wide heads and empty windows are refused with their numbers', () => {
  const recorder = new Recording({} as never);
  const inputs = {
    q: recorder.tensor('q', [3, 2]),
    k: recorder.tensor('k', [3, 2]),
    v: recorder.tensor('v', [3, 2]),
    bounds: recorder.tensor('bounds', [3, 2], 'i32'),
  };
  const record = (more: Partial<AttentionOptions>) => () =>
    attention.forward(recorder, inputs, { ...options, ...more });
  expect(record({ heads: 3, kvHeads: 2 })).toThrow('3 query heads cannot share 2');
  expect(record({ headDim: 300 })).toThrow('headDim 300');
  expect(record({ window: 0 })).toThrow('window 0');
  expect(record({ headDim: 1 })).toThrow('q has shape [3,2]; expected [3,1]');
});
