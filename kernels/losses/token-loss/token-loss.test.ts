import { expect, test } from 'vitest';
import { Recording } from '../../contract/index.ts';
import { nanUnlessFinite } from './token-loss.reference.ts';
import { recordTokenLoss, recordTokenLossGradient, tokenLossShader } from './token-loss.ts';

const text = `#include "token-loss.forward.wgsl"
struct Params { count: u32 }
const COLUMNS = 2u;
@group(0) @binding(4) var<storage, read> x: array<f32>;
fn token(i: u32) -> Token { return Token(1.0, array(1.0, x[i])); }
`;

function record(count: number, scales = 1) {
  const recorder = new Recording({} as never);
  const outputs = recordTokenLoss(recorder, {
    source: tokenLossShader('toy.forward', text),
    inputs: { x: recorder.tensor('x', [count]) },
    scale: recorder.tensor('scale', [scales]),
    columns: 2,
    metrics: 1,
    loss: 1,
  });
  return { recorder, outputs };
}

test.each([
  [1, 2],
  [4096, 2],
  [4097, 3],
  [2 ** 20, 3],
  [2 ** 20 + 1, 4],
])('%i tokens take %i dispatches', (count, dispatches) => {
  expect(record(count).recorder.calls.length).toBe(dispatches);
});

test('the gradient is the saved one at the root, and one dispatch more elsewhere', () => {
  const { recorder, outputs } = record(9);
  const calls = recorder.calls.length;
  expect(recordTokenLossGradient(recorder, outputs)).toBe(outputs.gradient);
  expect(recorder.calls.length).toBe(calls);
  const dlogps = recordTokenLossGradient(recorder, outputs, recorder.tensor('dloss', [1]));
  expect(dlogps).not.toBe(outputs.gradient);
  expect(recorder.calls.length).toBe(calls + 1);
});

test('a scale of two numbers is refused', () => {
  expect(() => record(9, 2)).toThrow('scale has shape [2]; expected [1].');
});

test('one number that is NaN or infinite is enough', () => {
  expect(nanUnlessFinite(1, -2, 0)).toBe(0);
  expect(nanUnlessFinite(1, Number.NaN)).toBeNaN();
  expect(nanUnlessFinite(Number.NEGATIVE_INFINITY, 1)).toBeNaN();
});
