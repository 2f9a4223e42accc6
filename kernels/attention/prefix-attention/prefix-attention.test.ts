import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array, Recording } from '../../contract/index.ts';
import { attentionReference } from '../attention/attention.ts';
import { prefixAttention, prefixAttentionReference } from './prefix-attention.ts';

const bounds = (pairs: [number, number][]) =>
  array([pairs.length, 2], Int32Array.from(pairs.flat()));

test('equal scores give the mean of virtual tokens and of the values in sight', () => {
  const inputs = {
    q: array([2, 1], [0, 0]),
    k: array([2, 1], [1, 1]),
    v: array([2, 1], [3, 9]),
    bounds: bounds([
      [0, 2],
      [0, 2],
    ]),
    prefix: array([1, 2], [7, 5]),
  };
  const options = { rows: 1, length: 2, heads: 1, kvHeads: 1, headDim: 1, virtual: 1 };
  const y = (more = {}) => [
    ...prefixAttentionReference.forward(inputs, { ...options, ...more }).y!.data,
  ];
  expect(y()).toEqual([4, expect.closeTo(17 / 3, 12)]);
  // The window counts virtual tokens: the second token no longer sees the one before the text.
  expect(y({ window: 2 })).toEqual([4, 6]);
});

test('the keys and values of a sequence of its own do what they do in front of each document', () => {
  const [virtual, text] = [3, 5];
  const options = { rows: 1, heads: 2, kvHeads: 1, headDim: 4, virtual };
  const q = random([2 * text + virtual, 8], 1, 3);
  const k = random([2 * text + virtual, 4], 2, 3);
  const v = random([2 * text + virtual, 4], 3, 3);
  const shared = prefixAttentionReference.forward(
    {
      ...{ q, k, v },
      bounds: bounds([
        ...Array(text).fill([0, text]),
        ...Array(text).fill([text, 2 * text]),
        ...Array(virtual).fill([2 * text, 2 * text + virtual]),
      ]),
    },
    { ...options, length: 2 * text + virtual },
  ).y!.data;
  const rows = (x: typeof q, from: number) => {
    const width = x.shape[1]!;
    const part = (first: number, count: number) =>
      Array.from(x.data.subarray(first * width, (first + count) * width));
    return array([virtual + text, width], [...part(2 * text, virtual), ...part(from, text)]);
  };
  for (const from of [0, text]) {
    const length = virtual + text;
    const plain = attentionReference.forward(
      {
        q: rows(q, from),
        k: rows(k, from),
        v: rows(v, from),
        bounds: bounds(Array(length).fill([0, length])),
      },
      { rows: 1, length, heads: 2, kvHeads: 1, headDim: 4 },
    ).y!.data;
    for (let i = 0; i < text * 8; i++) {
      expect(shared[from * 8 + i]).toBeCloseTo(plain[virtual * 8 + i]!, 12);
    }
  }
});

const documents: [number, number][] = [...Array(4).fill([0, 4]), ...Array(3).fill([4, 7]), [0, 0]];

test.each([{}, { window: 3, scale: 0.9 }])(
  'its gradients are those of finite differences, with a prefix and %o',
  (more) => {
    const inputs = {
      q: random([16, 12], 1, 4),
      k: random([16, 6], 2, 4),
      v: random([16, 6], 3),
      bounds: bounds([...documents, ...documents]),
      prefix: random([2, 30], 4, 3),
    };
    const options = {
      rows: 2,
      length: 8,
      heads: 4,
      kvHeads: 2,
      headDim: 3,
      virtual: 2,
      column: 15,
    };
    checkGradients(
      prefixAttention,
      inputs,
      { ...options, ...more },
      { wrt: ['q', 'k', 'v', 'prefix'] },
    );
  },
);

test('its gradients are those of finite differences, with virtual tokens of the row', () => {
  const inputs = {
    q: random([10, 4], 1, 4),
    k: random([10, 2], 2, 4),
    v: random([10, 2], 3),
    bounds: bounds([...documents, [8, 10], [8, 10]]),
  };
  const options = { rows: 1, length: 10, heads: 2, kvHeads: 1, headDim: 2, virtual: 2, window: 4 };
  checkGradients(prefixAttention, inputs, options, { wrt: ['q', 'k', 'v'] });
});

test('virtual tokens that do not fit are refused with their numbers', () => {
  const recorder = new Recording({} as never);
  const inputs = {
    q: recorder.tensor('q', [6, 4]),
    k: recorder.tensor('k', [6, 4]),
    v: recorder.tensor('v', [6, 4]),
    bounds: recorder.tensor('bounds', [6, 2], 'i32'),
  };
  const options = { rows: 1, length: 6, heads: 1, kvHeads: 1, headDim: 4 };
  const record =
    (virtual: number, more = {}) =>
    () =>
      prefixAttention.forward(recorder, { ...inputs, ...more }, { ...options, virtual, column: 4 });
  expect(record(7)).toThrow('7 virtual tokens do not fit 1 rows of 6');
  expect(record(2, { prefix: recorder.tensor('prefix', [2, 8]) })).toThrow('no 8 columns');
  expect(record(3, { prefix: recorder.tensor('prefix', [2, 16]) })).toThrow('expected [3,·]');
});
