import { expect, test } from 'vitest';
import { checkKernel, checkTangent, random } from '../contract/checks.ts';
import { array, Recording } from '../contract/index.ts';
import { rope } from './rope.ts';

function inputs(tokens: number, heads: number, headDim: number) {
  const half = headDim / 2;
  const angle = (i: number) => Math.floor(i / half) / 10000 ** ((i % half) / half);
  const table = (f: (x: number) => number) =>
    array(
      [tokens + 3, half],
      Float32Array.from({ length: (tokens + 3) * half }, (_, i) => f(angle(i))),
    );
  return {
    x: random([tokens, heads * headDim], 1),
    cos: table(Math.cos),
    sin: table(Math.sin),
    positions: array(
      [tokens],
      Int32Array.from({ length: tokens }, (_, t) => (t * 7) % (tokens + 3)),
    ),
  };
}

test.each([1, 63, 64, 65, 257])('%i tokens and their gradients equal float64', async (tokens) => {
  await checkKernel(rope, inputs(tokens, 3, 10), { headDim: 10 });
});

test('the heads of SmolLM2 equal float64', async () => {
  await checkKernel(rope, inputs(300, 9, 64), { headDim: 64 });
});

test('positions below 0 count as 0', async () => {
  const given = inputs(5, 1, 4);
  given.positions.data.fill(-1);
  await checkKernel(rope, given, { headDim: 4 });
});

test('an odd head dimension is refused with its numbers', () => {
  const recorder = new Recording({} as never);
  const tensors = {
    x: recorder.tensor('x', [2, 10]),
    cos: recorder.tensor('cos', [4, 2]),
    sin: recorder.tensor('sin', [4, 2]),
    positions: recorder.tensor('positions', [2], 'i32'),
  };
  expect(() => rope.forward(recorder, tensors, { headDim: 5 })).toThrow(
    '5 does not fit a width of 10',
  );
});

test.each([1, 63, 65, 257])('%i tokens move as they are turned', async (tokens) => {
  await checkTangent(rope, inputs(tokens, 3, 10), { headDim: 10 }, { wrt: ['x'] });
});
