import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random } from '../../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../../contract/index.ts';
import { cispo, cispoReference } from './cispo.ts';

const options = { cap: 1.2 };

const problem = (n: number): HostArrays => ({
  logps: random([n], 1, 2),
  ratioLogps: random([n], 4, 2),
  oldLogps: random([n], 2, 2),
  advantages: random([n], 3, 4),
  mask: array(
    [n],
    Float32Array.from({ length: n }, (_, i) => (i % 4 === 1 ? 0 : 1)),
  ),
  scale: array([1], [1 / 7]),
});

test.each([1, 63, 64, 65, 257, 70_001])(
  'loss and gradient of %i tokens equal float64',
  async (n) => {
    await checkKernel(cispo, problem(n), options, { needs: ['logps'] });
  },
);

test('metrics of 3000 tokens equal float64, and a masked token may hold anything', async () => {
  const { device } = await testGpu();
  const inputs = problem(3000);
  inputs.logps!.data[1] = Number.NaN;
  const expected = cispoReference.metrics(inputs, options);
  const { metrics, loss } = await runRecorded(device, inputs, (r, t) => ({
    ...cispo.forward(r, t as never, options),
  }));
  expect([...metrics!.data]).toEqual([...expected]);
  expect(loss!.data[0]).not.toBeNaN();
});
