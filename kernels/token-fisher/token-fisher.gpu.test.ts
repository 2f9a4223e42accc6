import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random, variants, worstError } from '../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../contract/index.ts';
import { tokenFisher, tokenFisherReference } from './token-fisher.ts';

/** N tokens of H on V words; every third token left out where N > 2. */
function problem(n: number, h: number, v: number, scale = 4): HostArrays {
  return {
    hidden: random([n, h], 1, scale),
    weight: random([v, h], 2, 1),
    mask: array(
      [n],
      Float32Array.from({ length: n }, (_, i) => (i % 3 === 2 ? 0 : 1)),
    ),
    scale: array([1], [1 / n]),
    hiddenTangent: random([n, h], 3, 2),
    weightTangent: random([v, h], 4, 2),
  };
}

const needs = ['hiddenTangent', 'weightTangent'];

test.each([63, 64, 65, 257, 3001, 20_004])(
  'over %i words, energy and gradients equal float64',
  async (v) => {
    await checkKernel(tokenFisher, problem(5, 16, v), {}, { needs, gradientTolerance: 4e-6 });
  },
);

test.each([1, 63, 64, 65, 257])('of %i tokens, energy and gradients equal float64', async (n) => {
  const all = problem(n, 24, 40);
  await checkKernel(tokenFisher, all, { temperature: 0.7 }, { needs, gradientTolerance: 4e-6 });
});

test('a single word is certain: nothing moves', async () => {
  const { device } = await testGpu();
  const { energy } = await runRecorded(device, problem(5, 16, 1), (r, t) => ({
    ...tokenFisher.forward(r, t as never, {}),
  }));
  expect(energy!.data[0]).toBe(0);
});

test('chunks give what one piece gives', async () => {
  const options = { chunk: 16 };
  await checkKernel(tokenFisher, problem(75, 24, 40), options, { needs, gradientTolerance: 4e-6 });
});

test.each(needs)('only %s may be there, and be wanted', async (name) => {
  const { hidden, weight, mask, scale, ...tangents } = problem(9, 16, 65);
  const inputs = { hidden, weight, mask, scale, [name]: tangents[name] } as HostArrays;
  await checkKernel(tokenFisher, inputs, {}, { needs: [name], gradientTolerance: 4e-6 });
});

// A logit of 200 is itself only good to 1e-5.
test('logits of ±200 give neither NaN nor overflow', async () => {
  const all = problem(9, 16, 65, 200);
  const options = { needs, tolerance: 2e-5, gradientTolerance: 2e-5 };
  await checkKernel(tokenFisher, all, {}, options);
});

test('as the root the gradient of the energy is 1, and the output layer’s adds into what stands there', async () => {
  const { device } = await testGpu();
  const inputs = problem(70, 24, 40);
  const arrays: HostArrays = { ...inputs, before: random([40, 24], 7) };
  const truth = tokenFisherReference.backward(inputs, {}, {});
  for (const [label, traits] of await variants()) {
    const found = await runRecorded(
      device,
      arrays,
      (r, { before, ...rest }) => {
        const own = rest as never as Parameters<typeof tokenFisher.forward>[1];
        const options = { chunk: 16 };
        const outputs = tokenFisher.forward(r, own, options);
        return {
          ...tokenFisher.backward!(r, {
            inputs: own,
            outputs,
            options,
            gradients: {},
            needs: { hiddenTangent: true, weightTangent: true },
            into: { weightTangent: before! },
          }),
        };
      },
      traits,
    );
    const { shape, data } = truth.weightTangent!;
    const sum = { shape, data: Float64Array.from(data, (x, i) => x + arrays.before!.data[i]!) };
    expect(worstError(found.weightTangent!, sum), label).toBeLessThan(3e-6);
    expect(worstError(found.hiddenTangent!, truth.hiddenTangent!), label).toBeLessThan(4e-6);
  }
});
