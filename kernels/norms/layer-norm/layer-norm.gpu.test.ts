import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, checkTangent, random, worstError } from '../../contract/checks.ts';
import { array, runRecorded } from '../../contract/index.ts';
import { layerNorm, layerNormReference } from './layer-norm.ts';

test.each([63, 64, 65, 257, 4099])('rows of %i and their gradients equal float64', async (n) => {
  const inputs = { x: random([5, n], 1), weight: random([n], 2, 3), bias: random([n], 3) };
  await checkKernel(layerNorm, inputs, { eps: 1e-5 });
});

test.each([1, 63, 64, 65, 257, 1500])('%i rows without a bias equal float64', async (rows) => {
  const inputs = { x: random([rows, 36], 1), weight: random([36], 2) };
  await checkKernel(layerNorm, inputs, { eps: 1e-6 });
});

test('a row of one number gives the bias and no gradient by x', async () => {
  const inputs = { x: random([5, 1], 1), weight: random([1], 2), bias: random([1], 3) };
  const { device } = await testGpu();
  const { y } = await runRecorded(device, inputs, (recorder, { x, weight, bias }) => ({
    y: layerNorm.forward(recorder, { x: x!, weight: weight!, bias: bias! }, { eps: 1e-5 }).y,
  }));
  expect([...y!.data]).toEqual(Array(5).fill(inputs.bias.data[0]));
});

test('a mean far from 0 costs no more than the rounding of x itself', async () => {
  const near = random([4, 100], 1);
  const x = array(
    near.shape,
    near.data.map((v) => Math.fround(v * 16) + 100),
  );
  await checkKernel(layerNorm, { x, weight: random([100], 2) }, { eps: 1e-5 }, { tolerance: 1e-5 });
});

test('the gradients of weight and bias are added to those of an earlier micro-batch', async () => {
  const { device } = await testGpu();
  const inputs = { x: random([70, 65], 1), weight: random([65], 2), bias: random([65], 3) };
  const dy = random([70, 65], 4);
  const options = { eps: 1e-5 };
  const results = await runRecorded(device, { ...inputs, dy }, (recorder, all) => {
    const own = { x: all.x!, weight: all.weight!, bias: all.bias! };
    const context = {
      inputs: own,
      outputs: layerNorm.forward(recorder, own, options),
      options,
      gradients: { y: all.dy! },
      needs: { weight: true, bias: true },
    };
    const first = layerNorm.backward!(recorder, { ...context, into: {} });
    const second = layerNorm.backward!(recorder, { ...context, into: first });
    expect(second.weight).toBe(first.weight);
    return { weight: second.weight, bias: second.bias };
  });
  const truth = layerNormReference.backward(inputs, { y: dy }, options);
  for (const name of ['weight', 'bias']) {
    const twice = truth[name]!.data.map((v) => 2 * v);
    expect(worstError(results[name]!, { shape: [65], data: twice })).toBeLessThan(2e-6);
  }
});

test.each([63, 64, 65, 257, 4099])(
  'rows of %i move with x, weight and bias as float64 says',
  async (n) => {
    const inputs = { x: random([5, n], 1), weight: random([n], 2, 3), bias: random([n], 3) };
    await checkTangent(
      layerNorm,
      inputs,
      { eps: 1e-5 },
      { wrt: ['x', 'weight', 'bias'], outputs: ['y'] },
    );
  },
);

test.each([1, 63, 65, 257, 1500])('%i rows without a bias move as float64 says', async (rows) => {
  const inputs = { x: random([rows, 36], 1), weight: random([36], 2) };
  const options = { eps: 1e-6 };
  await checkTangent(layerNorm, inputs, options, { wrt: ['x', 'weight'], outputs: ['y'] });
});
