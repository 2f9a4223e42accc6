import { expect, test } from 'vitest';
import { checkKernel, random } from '../../contract/checks.ts';
import { array, Recording } from '../../contract/index.ts';
import { splitHeads } from './split-heads.ts';

function inputs(tokens: number, heads: number, headDim: number) {
  return {
    qkv: random([tokens, heads * headDim], 1),
    cos: random([tokens + 3, headDim / 2], 2),
    sin: random([tokens + 3, headDim / 2], 3),
    positions: array(
      [tokens],
      Int32Array.from({ length: tokens }, (_, t) => ((t * 7) % (tokens + 3)) - 1),
    ),
  };
}

test.each([1, 63, 64, 65, 257])('%i tokens and their gradients equal float64', async (tokens) => {
  await checkKernel(splitHeads, inputs(tokens, 5, 10), { heads: 3, kvHeads: 1, headDim: 10 });
});

test('the heads of SmolLM2 equal float64', async () => {
  await checkKernel(splitHeads, inputs(300, 15, 64), { heads: 9, kvHeads: 3, headDim: 64 });
});

test('a width that is not that of the heads is refused with its numbers', () => {
  const recorder = new Recording({} as never);
  const tensors = {
    qkv: recorder.tensor('qkv', [2, 10]),
    cos: recorder.tensor('cos', [4, 2]),
    sin: recorder.tensor('sin', [4, 2]),
    positions: recorder.tensor('positions', [2], 'i32'),
  };
  const options = { heads: 2, kvHeads: 1, headDim: 4 };
  expect(() => splitHeads.forward(recorder, tensors, options)).toThrow('[·,16]');
});
