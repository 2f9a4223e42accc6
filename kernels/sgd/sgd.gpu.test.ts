import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { adamwSchedule } from '../adamw/adamw.ts';
import { random, worstError } from '../contract/checks.ts';
import { array, runRecorded } from '../contract/index.ts';
import { recordSgd, sgdReference } from './sgd.ts';

const rates = { lr: 0.05, weightDecay: 0.1 };
const schedule = adamwSchedule({ ...rates, beta1: 0.9, beta2: 0.999, eps: 1e-8, step: 1 });

test.each([1, 63, 64, 65, 257, 100_003])('a step of %i parameters equals float64', async (n) => {
  const { device } = await testGpu();
  const step = async (finite: number) => {
    const arrays = {
      parameters: random([n], 1),
      gradients: random([n], 2, 3),
      schedule: array([8], schedule),
      clip: array([4], [9, 0.25, finite, 0]),
    };
    const decayCount = Math.floor(n / 3);
    const p = Float64Array.from(arrays.parameters.data);
    const { parameters } = await runRecorded(device, arrays, (recorder, tensors) => {
      recordSgd(recorder, tensors as never, { decayCount });
      return { parameters: tensors.parameters };
    });
    const g = Float64Array.from(arrays.gradients.data, (x) => x * 0.25);
    if (finite) sgdReference({ p, g }, rates, decayCount);
    return worstError(parameters!, { shape: [n], data: p });
  };
  expect(await step(1)).toBeLessThan(2e-7);
  // A gradient that is not finite changes nothing.
  expect(await step(0)).toBe(0);
});
