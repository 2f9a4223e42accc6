import { testGpu } from '@attune/gpu/testing';
import { describe, expect, test } from 'vitest';
import { random } from '../contract/checks.ts';
import {
  array,
  type HostArray,
  type HostArrays,
  type Operation,
  runRecorded,
  type Tensors,
} from '../contract/index.ts';
import * as kernels from '../index.ts';

type Loss = Operation<Tensors, Tensors, unknown>;

const count = 70;
const place = 3;
const numbers = (value: (i: number) => number, n = count): HostArray =>
  array(
    [n],
    Float32Array.from({ length: n }, (_, i) => value(i)),
  );
const near = (seed: number, mean: number): HostArray => {
  const { data } = random([count], seed, 2);
  return numbers((i) => data[i]! + mean);
};

/** Inputs of any loss, by their names; the last element of each does not count. */
const all: HostArrays = {
  logps: near(1, -3),
  oldLogps: near(2, -3),
  ratioLogps: near(3, -3),
  refLogps: near(4, -3),
  klLogps: near(5, -3),
  refKlLogps: near(6, -3),
  entropy: near(7, 3),
  values: near(8, 0),
  returns: near(9, 0),
  oldValues: near(10, 0),
  rewards: near(11, 0),
  advantages: near(12, 0),
  mask: numbers((i) => (i === count - 1 ? 0 : 1)),
  weights: numbers((i) => (i === count - 1 ? 0 : 1)),
  labels: numbers((i) => (i === count - 1 ? -1 : i % 2)),
  members: numbers(() => 1),
  lengths: numbers((i) => 2 + (i % 3)),
  bounds: array([2, 2], Int32Array.of(0, count / 2, count / 2, count)),
  scale: array([1], [0.5]),
};

interface Case {
  readonly inputs: readonly string[];
  /** Which of them must not be NaN or infinite. */
  readonly checked: readonly string[];
  readonly options?: Readonly<Record<string, unknown>>;
}

const policy = (...more: string[]): Case => {
  const checked = ['logps', 'oldLogps', ...more];
  return {
    inputs: [...checked, 'advantages', 'mask', 'scale'],
    checked: [...checked, 'advantages'],
    options: { epsilonLow: 0.2, epsilonHigh: 0.2, delta: 1.5, cap: 2 },
  };
};
const pair = (reference: boolean): Case => {
  const checked = ['logps', ...(reference ? ['refLogps'] : [])];
  return { inputs: [...checked, 'lengths', 'scale'], checked, options: { labelSmoothing: 0.1 } };
};
const unpaired = ['logps', 'refLogps', 'klLogps', 'refKlLogps'];

const cases: Readonly<Record<string, Case>> = {
  nll: { inputs: ['logps', 'weights', 'scale'], checked: ['logps'] },
  dft: { inputs: ['logps', 'weights', 'scale'], checked: ['logps'] },
  entropyBonus: { inputs: ['entropy', 'mask', 'scale'], checked: ['entropy'] },
  valueClip: {
    inputs: ['values', 'returns', 'oldValues', 'mask', 'scale'],
    checked: ['values', 'returns', 'oldValues'],
    options: { clipRange: 0.2 },
  },
  rewardPair: { inputs: ['rewards', 'scale'], checked: ['rewards'] },
  ppoClip: policy(),
  sapo: policy(),
  cispo: policy('ratioLogps'),
  vespo: { ...policy(), inputs: [...policy().inputs, 'members', 'bounds'] },
  kto: { inputs: [...unpaired, 'labels', 'scale'], checked: unpaired },
  apoZeroUnpaired: {
    inputs: ['logps', 'refLogps', 'labels', 'scale'],
    checked: ['logps', 'refLogps'],
  },
  ...Object.fromEntries(
    Object.keys(kernels)
      .filter((name) => /^dpo[A-Z]\w+$/.test(name) && isLoss(name))
      .map((name) => [name, pair(true)]),
  ),
  ...Object.fromEntries(
    ['cpoHinge', 'cpoIpo', 'cpoSigmoid', 'simpo', 'orpo'].map((name) => [name, pair(false)]),
  ),
};

/** Losses keep sums, and so do their references. */
function isLoss(name: string): boolean {
  const found = (kernels as Record<string, unknown>)[name] as Partial<Loss> | undefined;
  return Boolean(found?.forward && found.reference && 'metrics' in found.reference);
}

async function run(name: string, { inputs, options = {} }: Case, arrays: HostArrays) {
  const { device } = await testGpu();
  const loss = (kernels as unknown as Record<string, Loss>)[name]!;
  const given = Object.fromEntries(inputs.map((input) => [input, arrays[input]!]));
  const found = await runRecorded(device, given, (recorder, tensors) => ({
    ...loss.forward(recorder, tensors, options),
  }));
  return { loss: found.loss!.data[0]!, gradient: found.gradient!.data, given };
}

const replaced = (input: string, at: number, value: number): HostArrays => {
  const data = Float32Array.from(all[input]!.data);
  data[at] = value;
  return { ...all, [input]: { shape: all[input]!.shape, data } };
};

test('the table has every loss', () => {
  const losses = Object.keys(kernels).filter(isLoss).sort();
  expect(losses.length).toBeGreaterThan(25);
  expect(Object.keys(cases).sort()).toEqual(losses);
});

describe.each(Object.entries(cases))('%s', (name, spec) => {
  test('is finite on finite numbers', async () => {
    const { loss, gradient } = await run(name, spec, all);
    expect(loss).toSatisfy(Number.isFinite);
    expect([...gradient]).toSatisfy((all: number[]) => all.every(Number.isFinite));
  });

  test.each(spec.checked)('a NaN or infinity in %s is NaN in loss and gradient', async (input) => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const advantage of [1, -1]) {
        const arrays = replaced(input, place, value);
        if (input !== 'advantages')
          arrays.advantages = replaced('advantages', place, advantage).advantages!;
        const { loss, gradient, given } = await run(name, spec, arrays);
        expect(loss, `loss with ${value}`).toBeNaN();
        expect(gradient[place], `gradient with ${value}`).toBeNaN();
        const { reference } = (kernels as unknown as Record<string, Loss>)[name]!;
        const options = spec.options ?? {};
        expect(reference.forward(given, options).loss!.data[0]).toBeNaN();
        const one = { loss: array([1], [1]) };
        const [truth] = Object.values(reference.backward!(given, one, options));
        expect(truth!.data[place]).toBeNaN();
      }
    }
  });
});
