import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random, variants } from '../../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../../contract/index.ts';
import { valueClip, valueClipReference } from './value-clip.ts';

const problem = (n: number): HostArrays => ({
  values: random([n], 1, 2),
  returns: random([n], 2, 2),
  mask: array(
    [n],
    Float32Array.from({ length: n }, (_, i) => [1, 0, 1, 0.5][i % 4]!),
  ),
  scale: array([1], [1 / n]),
});
const withOld = (n: number): HostArrays => ({ ...problem(n), oldValues: random([n], 3, 2) });

test.each([1, 63, 64, 65, 257, 70_001])(
  'loss and gradient of %i tokens equal float64, plain and clipped',
  async (n) => {
    await checkKernel(valueClip, problem(n), {}, { needs: ['values'] });
    await checkKernel(valueClip, withOld(n), { clipRange: 0.2 }, { needs: ['values'] });
  },
);

test('the metrics of 3000 tokens equal float64', async () => {
  const { device } = await testGpu();
  const inputs = withOld(3000);
  const options = { clipRange: 0.2 };
  const expected = valueClipReference.metrics(inputs, options);
  for (const [label, traits] of await variants()) {
    const { metrics } = await runRecorded(
      device,
      inputs,
      (r, t) => ({ ...valueClip.forward(r, t as never, options) }),
      traits,
    );
    metrics!.data.forEach((value, i) => {
      // Sums of signed numbers cancel: compared with the count of tokens, as the means are.
      const error = Math.abs(value - expected[i]!) / 3000;
      expect(error, `${label} ${i}`).toBeLessThan(1e-6);
    });
  }
});

test('a masked token may hold anything', async () => {
  const { device } = await testGpu();
  const inputs: HostArrays = {
    values: array([3], [2, Number.NaN, Number.POSITIVE_INFINITY]),
    returns: array([3], [1, Number.NaN, 0]),
    mask: array([3], [1, 0, 0]),
    scale: array([1], [0.5]),
  };
  const { loss, gradient } = await runRecorded(device, inputs, (r, t) => ({
    ...valueClip.forward(r, t as never, {}),
  }));
  expect([...loss!.data]).toEqual([0.25]);
  expect([...gradient!.data]).toEqual([0.5, 0, 0]);
});
