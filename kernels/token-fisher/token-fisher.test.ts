import { expect, test } from 'vitest';
import { checkGradients, random } from '../contract/checks.ts';
import { array, type HostArrays, Recording } from '../contract/index.ts';
import { tokenFisher, tokenFisherReference } from './token-fisher.ts';

const some: HostArrays = {
  hidden: random([5, 6], 1, 3),
  weight: random([7, 6], 2, 3),
  mask: array([5], [1, 0, 1, 0.5, 1]),
  scale: array([1], [0.25]),
  hiddenTangent: random([5, 6], 3, 2),
  weightTangent: random([7, 6], 4, 2),
};

test('two equally likely words: moving one logit by 1 has an energy of an eighth', () => {
  const inputs = {
    hidden: array([1, 2], [1, 0]),
    weight: array([2, 2], [3, 1, 3, 5]),
    mask: array([1], [1]),
    scale: array([1], [1]),
    weightTangent: array([2, 2], [1, 0, 0, 0]),
  };
  // Variance of a fair coin: p (1 - p) = ¼, and half of it.
  expect(tokenFisherReference.forward(inputs, {}).energy!.data[0]).toBeCloseTo(1 / 8, 12);
});

test('moving all logits alike moves no probability: no energy, no gradient', () => {
  const { hiddenTangent: _, ...rest } = some;
  const inputs = { ...rest, weightTangent: array([7, 6], new Float64Array(42).fill(1)) };
  expect(tokenFisherReference.forward(inputs, {}).energy!.data[0]).toBeCloseTo(0, 12);
  const { weightTangent } = tokenFisherReference.backward(inputs, {}, {});
  for (const value of weightTangent!.data) expect(value).toBeCloseTo(0, 12);
});

test('the gradient by the tangents is that of finite differences', () => {
  const wrt = ['hiddenTangent', 'weightTangent'];
  checkGradients(tokenFisher, some, {}, { wrt });
  checkGradients(tokenFisher, some, { temperature: 0.7 }, { wrt });
});

test('the energy is the second-order part of the divergence from where the logits were', () => {
  const logits = (inputs: HostArrays, n: number) =>
    Float64Array.from({ length: 7 }, (_, v) => {
      let sum = 0;
      for (let k = 0; k < 6; k++)
        sum += inputs.hidden!.data[6 * n + k]! * inputs.weight!.data[6 * v + k]!;
      return sum;
    });
  const logp = (x: Float64Array) => {
    const lse = Math.log(x.reduce((sum, value) => sum + Math.exp(value), 0));
    return x.map((value) => value - lse);
  };
  const step = 1e-4;
  const move = (name: string) => {
    const by = some[`${name}Tangent`]!.data;
    return {
      shape: some[name]!.shape,
      data: Float64Array.from(some[name]!.data, (x, i) => x + step * by[i]!),
    };
  };
  const moved = { ...some, hidden: move('hidden'), weight: move('weight') };
  let kl = 0;
  for (let n = 0; n < 5; n++) {
    const [before, after] = [logp(logits(some, n)), logp(logits(moved, n))];
    before.forEach((value, v) => {
      kl += 0.25 * some.mask!.data[n]! * Math.exp(value) * (value - after[v]!);
    });
  }
  const { energy } = tokenFisherReference.forward(some, {});
  expect(kl / step ** 2 / energy!.data[0]!).toBeCloseTo(1, 2);
});

test('nothing that moves, a temperature of 0 and a mask of another length are refused', () => {
  const recorder = new Recording({ maxStorageBinding: 2 ** 27 } as never);
  const {
    hiddenTangent,
    weightTangent: _,
    ...rest
  } = Object.fromEntries(
    Object.entries(some).map(([name, { shape }]) => [name, recorder.tensor(name, shape)]),
  ) as never as Required<Parameters<typeof tokenFisher.forward>[1]>;
  expect(() => tokenFisher.forward(recorder, rest, {})).toThrow(/no logit moves/);
  const given = { ...rest, hiddenTangent };
  expect(() => tokenFisher.forward(recorder, given, { temperature: 0 })).toThrow(/temperature 0/);
  const mask = recorder.tensor('mask', [4]);
  expect(() => tokenFisher.forward(recorder, { ...given, mask }, {})).toThrow(
    /mask has shape \[4\]/,
  );
});

test('no tensor has N × V elements, and the energy costs nothing where it is not read', () => {
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
    mask: recorder.tensor('mask', [2048]),
    scale: recorder.tensor('scale', [1]),
    hiddenTangent: recorder.tensor('hiddenTangent', [2048, 576]),
  };
  tokenFisher.forward(recorder, inputs, {});
  const large = recorder.tensors.filter(
    (t) => !t.view && t !== inputs.weight && t.shape.reduce((a, b) => a * b) > 2 ** 22,
  );
  expect(large).toEqual([]);
});
