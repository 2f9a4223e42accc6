import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { random } from '../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../contract/index.ts';
import { entropyRank, policyMask, policyMaskReference } from './policy-mask.ts';

/** Every fourth token is no member; some entropies are equal, as those after one prompt are. */
function problem(n: number): HostArrays {
  const members = Float32Array.from({ length: n }, (_, i) => (i % 4 === 1 ? 0 : 1));
  const entropy = random([n], 1, 8);
  for (let i = 3; i < n; i += 7) entropy.data[i] = entropy.data[3]!;
  const count = members.reduce((sum, m) => sum + m, 0);
  return {
    weights: array(
      [n],
      members.map((m, i) => m / (1 + (i % 3))),
    ),
    entropy,
    members: array([n], members),
    least: array([1], [entropyRank(0.3, count)]),
    ratioLogps: random([n], 2, 1),
    oldLogps: random([n], 3, 1),
    advantages: random([n], 4, 2),
  };
}

test.each([1, 63, 64, 65, 257, 3001])(
  'the tokens kept of %i are those of the reference',
  async (n) => {
    const { device } = await testGpu();
    const all = problem(n);
    const { weights, entropy, members, least, ...near } = all;
    for (const inputs of [
      all,
      { weights: weights!, entropy: entropy!, members: members!, least: least! },
      { weights: weights!, ...near },
    ] as HostArrays[]) {
      const { y } = await runRecorded(device, inputs, (r, t) => ({
        ...policyMask.forward(r, t as never, { threshold: 0.05 }),
      }));
      const truth = policyMaskReference.forward(inputs, { threshold: 0.05 }).y!.data;
      expect([...y!.data]).toEqual([...Float32Array.from(truth)]);
    }
  },
);

test.each(['entropy', 'ratioLogps', 'oldLogps'])(
  'a token of which %s is NaN or infinite stays, for the loss to show it',
  async (name) => {
    const { device } = await testGpu();
    const inputs = problem(70);
    inputs.advantages = array([70], new Float32Array(70).fill(-1));
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      // Either half of the mask by itself: the other may have its own reasons to drop the token.
      const { weights, entropy, members, least, ...near } = inputs;
      const half = name === 'entropy' ? { weights, entropy, members, least } : { weights, ...near };
      const data = Float32Array.from(inputs[name]!.data);
      data[8] = value;
      const given = { ...half, [name]: { shape: [70], data } } as HostArrays;
      const { y } = await runRecorded(device, given, (r, t) => ({
        ...policyMask.forward(r, t as never, { threshold: 0.05 }),
      }));
      expect(y!.data[8], String(value)).toBe(weights!.data[8]);
      expect(policyMaskReference.forward(given, { threshold: 0.05 }).y!.data[8]).toBe(y!.data[8]);
    }
  },
);
