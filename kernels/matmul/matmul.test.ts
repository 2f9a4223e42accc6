import { AttuneError } from '@attune/gpu';
import { describe, expect, test } from 'vitest';
import { checkGradients, random } from '../contract/checks.ts';
import { array, Recording } from '../contract/index.ts';
import { multiply } from './matmul.reference.ts';
import { matmul, matmulReference, recordMatmul } from './matmul.ts';

const traits = {
  software: false,
  f16: false,
  subgroups: false,
  subgroupMinSize: 4,
  subgroupMaxSize: 128,
  maxStorageBinding: 2 ** 27,
  maxWorkgroupMemory: 16384,
  maxInvocations: 256,
};

describe('the float64 reference of matmul', () => {
  test('multiplies as one does by hand', () => {
    const x = array([2, 3], [1, 2, 3, 4, 5, 6]);
    const weight = array([3, 2], [1, 0, 0, 1, 1, 1]);
    const bias = array([2], [10, 20]);
    const { y } = matmulReference.forward({ x, weight, bias }, {});
    expect([...y!.data]).toEqual([14, 25, 20, 31]);
    const transposed = array([2, 3], [1, 0, 1, 0, 1, 1]);
    const { y: same } = matmulReference.forward(
      { x, weight: transposed, bias },
      { transposeWeight: true },
    );
    expect([...same!.data]).toEqual([14, 25, 20, 31]);
  });

  test('keeps to the blocks along the diagonal', () => {
    const a = Float64Array.of(1, 2, 3);
    const b = Float64Array.of(1, 10, 100, 1000);
    const blocks = [
      [1, 2],
      [2, 2],
    ] as const;
    expect([...multiply(a, b, [3, 4, 1], { blocks })]).toEqual([
      ...[1, 10, 0, 0],
      ...[0, 0, 0, 0],
      ...[0, 0, 300, 3000],
    ]);
  });

  test.each([false, true])('has the gradient of finite differences (transposeWeight %s)', (t) => {
    checkGradients(
      matmul,
      {
        x: random([2, 3, 5], 1),
        weight: random(t ? [4, 5] : [5, 4], 2),
        bias: random([4], 3),
        residual: random([2, 3, 4], 6),
      },
      { transposeWeight: t },
    );
    checkGradients(
      matmul,
      { x: random([2, 3, 5], 1), weight: random(t ? [2, 4, 5] : [2, 5, 4], 2) },
      { transposeWeight: t },
    );
  });
});

describe('recordMatmul', () => {
  test('refuses operands that do not fit and names them with their shapes', () => {
    const recorder = new Recording(traits);
    const a = recorder.tensor('a', [3, 4]);
    const b = recorder.tensor('b', [5, 6]);
    expect(() => recordMatmul(recorder, { a, b })).toThrow(AttuneError);
    expect(() => recordMatmul(recorder, { a, b })).toThrow('b has shape [5,6]; expected [4,·]');
    expect(() => recordMatmul(recorder, { a, b }, { transposeB: true })).toThrow('[·,4]');
  });

  test('writes into the tensor that it is given', () => {
    const recorder = new Recording(traits);
    const a = recorder.tensor('a', [3, 4]);
    const b = recorder.tensor('b', [4, 6]);
    const y = recorder.tensor('y', [3, 6]);
    expect(recordMatmul(recorder, { a, b, into: y })).toBe(y);
    expect(recordMatmul(recorder, { a, b, y })).toBe(y);
  });

  test.each([
    ['few tiles over many tokens are split on hardware', 576, 2048, false, 2],
    ['few tiles over few tokens are not', 576, 160, false, 1],
    ['many tiles are not', 1536, 2048, false, 1],
    ['and on software adapters none are', 576, 2048, true, 1],
  ])("of a weight's gradient %s", (_, width, tokens, software, dispatches) => {
    const recorder = new Recording({ ...traits, software });
    const a = recorder.tensor('a', [tokens, width]);
    const b = recorder.tensor('b', [tokens, 576]);
    recordMatmul(recorder, { a, b }, { transposeA: true });
    expect(recorder.calls.length).toBe(dispatches);
  });
});
