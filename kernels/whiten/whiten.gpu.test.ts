import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random } from '../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../contract/index.ts';
import { whiten } from './whiten.ts';

function problem(n: number, centre = 0): HostArrays {
  const x = random([n], 1, 4);
  x.data.forEach((value, i, all) => {
    all[i] = value + centre;
  });
  const mask = Float32Array.from({ length: n }, (_, i) => [1, 0, 1, 0.5][i % 4]!);
  return { x, mask: array([n], mask) };
}

test.each([1, 63, 64, 65, 257, 300_001])(
  '%i numbers equal float64, with and without the mean, of both variances',
  async (n) => {
    await checkKernel(whiten, problem(n), {});
    await checkKernel(whiten, problem(n), { shiftMean: false, unbiased: false });
  },
);

test('a mean far from 0 does not take the digits of the variance', async () => {
  // x itself is only good to 6e-5 of its spread here.
  await checkKernel(whiten, problem(5003, 1000), {}, { tolerance: 1e-4, outputs: ['y'] });
  await checkKernel(whiten, problem(5003, 1000), {}, { outputs: ['statistics'] });
});

test('equal numbers become 0, and a masked one may hold anything', async () => {
  const { device } = await testGpu();
  const inputs: HostArrays = {
    x: array([4], [2, Number.NaN, 2, Number.POSITIVE_INFINITY]),
    mask: array([4], [1, 0, 1, 0]),
  };
  const { y, statistics } = await runRecorded(device, inputs, (r, t) => ({
    ...whiten.forward(r, t as never, {}),
  }));
  expect([...y!.data]).toEqual([0, 0, 0, 0]);
  expect([...statistics!.data.slice(0, 3)]).toEqual([2, 0, 2]);
});
