import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { array, type HostArrays, runRecorded } from '../../contract/index.ts';
import { testPairKernel } from '../pair-loss/checks.ts';
import { cpoIpo } from './cpo-ipo.ts';

const alpha = { beta: 0.5, alpha: 0.1 };
testPairKernel(cpoIpo, [{}, alpha], { reference: false, averages: true }, [{}]);

test('where the square of AlphaPO rewards leaves float32, the loss is infinite, and nothing is NaN', async () => {
  const { device } = await testGpu();
  const inputs: HostArrays = {
    logps: array([2], [-1, -1000]),
    lengths: array([2], [1, 1]),
    scale: array([1], [1]),
  };
  const { loss, gradient } = await runRecorded(device, inputs, (r, t) => ({
    ...cpoIpo.forward(r, t as never, alpha),
  }));
  expect([...loss!.data]).toEqual([Number.POSITIVE_INFINITY]);
  expect(gradient!.data.some(Number.isNaN)).toBe(false);
});
