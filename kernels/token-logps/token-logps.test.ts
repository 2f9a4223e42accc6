import { expect, test } from 'vitest';
import { checkGradients, random } from '../contract/checks.ts';
import { array, Recording } from '../contract/index.ts';
import { tokenLogps, tokenLogpsChunk, tokenLogpsReference } from './token-logps.ts';

const some = {
  hidden: random([5, 6], 1, 3),
  weight: random([7, 6], 2, 3),
  targets: array([5], Int32Array.of(3, -100, 0, 6, 3)),
};

test('equal logits give -ln V and the entropy ln V', () => {
  const inputs = {
    hidden: array([2, 1], [0, 0]),
    weight: array([8, 1], [1, 2, 3, 4, 5, 6, 7, 8]),
    targets: array([2], Int32Array.of(5, -100)),
  };
  const { logps, entropy } = tokenLogpsReference.forward(inputs, {});
  expect(logps!.data[0]).toBeCloseTo(-Math.log(8), 12);
  expect(entropy!.data[0]).toBeCloseTo(Math.log(8), 12);
  expect([logps!.data[1], entropy!.data[1]]).toEqual([0, 0]);
  expect([...tokenLogpsReference.statistics(inputs, {}).correct!.data]).toEqual([0, 0]);
});

test('gradients of log-probabilities and entropy are those of finite differences', () => {
  checkGradients(tokenLogps, some, {});
  checkGradients(tokenLogps, some, { temperature: 0.7 });
  checkGradients(tokenLogps, { ...some, weight1: random([4, 6], 4, 3) }, {});
});

test('no tensor has N × V elements, and chunks share one buffer of logits', () => {
  const recorder = new Recording({
    software: false,
    f16: false,
    subgroups: false,
    subgroupMinSize: 4,
    subgroupMaxSize: 4,
    maxStorageBinding: 2 ** 27,
    maxWorkgroupMemory: 16384,
    maxInvocations: 256,
  });
  const inputs = {
    hidden: recorder.tensor('hidden', [2048, 576]),
    weight: recorder.tensor('weight', [49152, 576]),
    targets: recorder.tensor('targets', [2048], 'i32'),
  };
  tokenLogps.forward(recorder, inputs, {});
  const large = recorder.tensors.filter(
    (t) => !t.view && t !== inputs.weight && t.shape.reduce((a, b) => a * b) > 2 ** 22,
  );
  expect(large).toEqual([]);
  expect(recorder.tensors.filter((t) => !t.view && t.name === 'logits')).toHaveLength(1);
});

test('chunks are even, start at multiples of 256 bytes, and hold at least 8 rows', () => {
  const traits = { maxStorageBinding: 2 ** 27 };
  expect(tokenLogpsChunk([2048, 576, 49152], traits)).toBe(80);
  expect(tokenLogpsChunk([100, 576, 49152], traits)).toBe(56);
  expect(tokenLogpsChunk([60, 576, 49152], traits)).toBe(60);
  expect(tokenLogpsChunk([2048, 576, 2 ** 21], traits)).toBe(8);
  expect(tokenLogpsChunk([2048, 33, 2 ** 21], traits)).toBe(64);
  expect(tokenLogpsChunk([100, 64, 10], traits, 7)).toBe(7);
  expect(tokenLogpsChunk([100, 24, 10], traits, 7)).toBe(8);
});

test('a temperature of 0 and targets of another length are refused by name', () => {
  const recorder = new Recording({ maxStorageBinding: 2 ** 27 } as never);
  const inputs = {
    hidden: recorder.tensor('hidden', [4, 8]),
    weight: recorder.tensor('weight', [9, 8]),
    targets: recorder.tensor('targets', [4], 'i32'),
  };
  expect(() => tokenLogps.forward(recorder, inputs, { temperature: 0 })).toThrow(/temperature 0/);
  const targets = recorder.tensor('targets', [5], 'i32');
  expect(() => tokenLogps.forward(recorder, { ...inputs, targets }, {})).toThrow(/\[5\].*\[4\]/s);
});
