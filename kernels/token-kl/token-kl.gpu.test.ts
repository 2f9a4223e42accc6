import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random } from '../contract/checks.ts';
import { array, type HostArrays, type Recording, runRecorded } from '../contract/index.ts';
import { tokenKl, tokenKlReference } from './token-kl.ts';

const plain = (n: number): HostArrays => ({
  logps: random([n], 1, 3),
  refLogps: random([n], 2, 3),
});
const corrected = (n: number): HostArrays => ({
  ...plain(n),
  ratioLogps: random([n], 3, 2),
  oldLogps: random([n], 4, 2),
});

test.each([1, 63, 64, 65, 257, 70_001])(
  '%i tokens and their gradients equal float64',
  async (n) => {
    await checkKernel(tokenKl, plain(n), {}, { needs: ['logps'] });
    await checkKernel(tokenKl, corrected(n), {}, { needs: ['logps', 'ratioLogps'] });
  },
);

test('small differences keep their digits', async () => {
  const { device } = await testGpu();
  const d = [1e-4, -1e-4, 1e-3, -0.02, 0.1, -0.4, 0.49];
  const inputs = { logps: array([7], new Float32Array(7)), refLogps: array([7], d) };
  const { y } = await runRecorded(device, inputs, (r, t) => ({
    ...tokenKl.forward(r, t as never, {}),
  }));
  const truth = tokenKlReference.forward(inputs).y!.data;
  y!.data.forEach((value, i) => {
    expect(Math.abs(value / truth[i]! - 1), `d = ${d[i]}`).toBeLessThan(1e-6);
  });
});

test('a token without gradient may hold anything', async () => {
  const { device } = await testGpu();
  const inputs = {
    logps: array([2], [Number.NaN, -1]),
    refLogps: array([2], [0, -1.5]),
    dy: array([2], [0, 1]),
  };
  const { logps } = await runRecorded(device, inputs, (r, { dy, ...t }) => {
    const own = t as never;
    const outputs = tokenKl.forward(r, own, {});
    const context = { inputs: own, outputs, options: {}, gradients: { y: dy }, into: {} };
    return tokenKl.backward!(r as Recording, { ...context, needs: { logps: true } } as never);
  });
  expect(logps!.data[0]).toBe(0);
  expect(logps!.data[1]).toBeCloseTo(1 - Math.exp(-0.5), 6);
});

test.each(['logps', 'refLogps', 'ratioLogps', 'oldLogps'])(
  'a NaN or infinity in %s is NaN in the estimate and its gradient',
  async (name) => {
    const { device } = await testGpu();
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const inputs = corrected(5);
      inputs[name]!.data[3] = value;
      const found = await runRecorded(
        device,
        { ...inputs, dy: array([5], [1, 1, 1, 1, 1]) },
        (r, t) => {
          const { dy, ...own } = t;
          const outputs = tokenKl.forward(r, own as never, {});
          const context = { inputs: own, outputs, options: {}, gradients: { y: dy }, into: {} };
          const needs = { logps: true, ratioLogps: true };
          const gradients = tokenKl.backward!(r as Recording, { ...context, needs } as never);
          return { ...outputs, ...gradients };
        },
      );
      const truth = tokenKlReference.forward(inputs).y!.data;
      expect([found.y!.data[3], found.logps!.data[3], found.ratioLogps!.data[3], truth[3]]).toEqual(
        new Array(4).fill(Number.NaN),
      );
      expect(found.y!.data[2]).toBeCloseTo(truth[2]!, 5);
    }
  },
);
