import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, checkTangent, random, variants, worstError } from '../../contract/checks.ts';
import { runRecorded } from '../../contract/index.ts';
import { rmsNorm, rmsNormReference } from './rms-norm.ts';

const low = { eps: 1e-5, scale: 1.5 };

test.each([1, 63, 64, 65, 257, 4099])('rows of %i and their gradients equal float64', async (n) => {
  await checkKernel(rmsNorm, { x: random([5, n], 1), weight: random([n], 2, 3) }, { eps: 1e-5 });
});

test.each([1, 63, 64, 65, 257, 1500])('%i rows and their gradients equal float64', async (rows) => {
  const inputs = { x: random([rows, 36], 1), weight: random([36], 2) };
  await checkKernel(rmsNorm, inputs, { eps: 1e-6, offset: 1 });
});

test.each([
  [1, 4, 1],
  [63, 64, 3],
  [65, 36, 8],
  [257, 576, 24],
  [5, 35, 6],
])('the low-rank product of %i rows of %i with rank %i equals float64', async (rows, n, rank) => {
  const inputs = { x: random([rows, n], 1), weight: random([n], 2), a: random([rank, n], 3) };
  const { device } = await testGpu();
  const truth = rmsNormReference.forward(inputs, low);
  for (const [label, traits] of await variants()) {
    const results = await runRecorded(
      device,
      inputs,
      (recorder, all) => {
        const { y, down } = rmsNorm.forward(recorder, all as never, low);
        return { y, down };
      },
      traits,
    );
    for (const name of ['y', 'down']) {
      expect(worstError(results[name]!, truth[name]!), `${name} ${label}`).toBeLessThan(2e-6);
    }
  }
});

test('a row of zeros gives zeros and a finite gradient', async () => {
  const x = random([3, 20], 1);
  x.data.fill(0, 20, 40);
  await checkKernel(rmsNorm, { x, weight: random([20], 2) }, { eps: 1e-5 });
});

test('the gradient of the weight alone is added to that of an earlier micro-batch', async () => {
  const { device } = await testGpu();
  const inputs = { x: random([70, 65], 1), weight: random([65], 2) };
  const dy = random([70, 65], 3);
  const options = { eps: 1e-5 };
  const { into } = await runRecorded(
    device,
    { ...inputs, dy, into: random([65], 4) },
    (recorder, all) => {
      const own = { x: all.x!, weight: all.weight! };
      const gradients = rmsNorm.backward!(recorder, {
        inputs: own,
        outputs: rmsNorm.forward(recorder, own, options),
        options,
        gradients: { y: all.dy! },
        needs: { weight: true },
        into: { weight: all.into! },
      });
      expect(gradients.x).toBeUndefined();
      expect(gradients.weight).toBe(all.into);
      return { into: all.into };
    },
  );
  const truth = rmsNormReference.backward(inputs, { y: dy }, options).weight!.data;
  const earlier = random([65], 4).data;
  const expected = Float64Array.from(truth, (v, i) => v + earlier[i]!);
  expect(worstError(into!, { shape: [65], data: expected })).toBeLessThan(2e-6);
});

test.each([1, 63, 64, 65, 257, 4099])(
  'rows of %i move with x and weight as float64 says',
  async (n) => {
    // A row of one number hardly moves with it, by eps alone: its length leaves.
    const inputs = { x: random([5, n], 1), weight: random([n], 2, 3) };
    const wrt = n === 1 ? ['weight'] : ['x', 'weight'];
    await checkTangent(rmsNorm, inputs, { eps: 1e-2 }, { wrt, outputs: ['y'] });
  },
);

test.each([1, 63, 65, 257, 1500])(
  '%i rows move with x and weight as float64 says, with an offset',
  async (rows) => {
    const inputs = { x: random([rows, 36], 1), weight: random([36], 2) };
    const options = { eps: 1e-6, offset: 1 };
    await checkTangent(rmsNorm, inputs, options, { wrt: ['x', 'weight'], outputs: ['y'] });
  },
);
