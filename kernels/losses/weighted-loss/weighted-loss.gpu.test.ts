import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel } from '../../contract/checks.ts';
import { array, runRecorded } from '../../contract/index.ts';
import { weightedLoss } from './weighted-loss.ts';

const inputs = { sigmoid: array([1], [2]), bco: array([1], [-3]), sft: array([1], [0.5]) };
const options = { weights: { sigmoid: 0.8, bco: 0.2 } };

test('sum and gradients of three losses equal float64', async () => {
  await checkKernel(weightedLoss, inputs, options);
});

test('as the root of a graph each loss has its weight as gradient', async () => {
  const { device } = await testGpu();
  const found = await runRecorded(device, inputs, (r, own) => {
    const outputs = weightedLoss.forward(r, own as never, options);
    const needs = { sigmoid: true, sft: true };
    const context = { inputs: own as never, outputs, options, gradients: {}, needs, into: {} };
    return { ...weightedLoss.backward!(r, context) };
  });
  expect([...found.sigmoid!.data]).toEqual([Math.fround(0.8)]);
  expect([...found.sft!.data]).toEqual([1]);
});
