import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { checkKernel, random, variants } from '../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../contract/index.ts';
import { tokenDivergence, tokenDivergenceReference } from './token-divergence.ts';

/** N tokens of H on V words; the old states lie `distance` away; every third token left out where N > 2. */
function problem(n: number, h: number, v: number, distance = 1): HostArrays {
  const hidden = random([n, h], 1, 4);
  const away = random([n, h], 3, distance);
  const oldHidden = array(
    [n, h],
    Float32Array.from(hidden.data, (x, i) => x + away.data[i]!),
  );
  return {
    hidden,
    weight: random([v, h], 2, 1),
    oldHidden,
    mask: array(
      [n],
      Float32Array.from({ length: n }, (_, i) => (i % 3 === 2 ? 0 : 1)),
    ),
    scale: array([1], [1 / n]),
  };
}

test.each([63, 64, 65, 257, 3001, 20_004])('over %i words it equals float64', async (v) => {
  await checkKernel(tokenDivergence, problem(5, 16, v), {}, { tolerance: 5e-6 });
});

test.each([1, 63, 64, 65, 257])('of %i tokens it equals float64', async (n) => {
  const inputs = { ...problem(n, 24, 40), oldWeight: random([40, 24], 5) };
  await checkKernel(tokenDivergence, inputs, { temperature: 0.7 }, { tolerance: 5e-6 });
});

test('chunks give what one piece gives', async () => {
  await checkKernel(tokenDivergence, problem(75, 24, 40), { chunk: 16 }, { tolerance: 5e-6 });
});

test('policies far apart give neither NaN nor infinity', async () => {
  await checkKernel(tokenDivergence, problem(9, 16, 65, 300), {}, { tolerance: 1e-5 });
});

test('a small divergence keeps its digits, and the same policy has none', async () => {
  const { device } = await testGpu();
  for (const distance of [1e-2, 1e-3]) {
    const inputs = problem(9, 16, 65, distance);
    const truth = tokenDivergenceReference.forward(inputs, {}).kl!.data[0]!;
    for (const [label, traits] of await variants()) {
      const { kl } = await runRecorded(
        device,
        inputs,
        (r, t) => ({ ...tokenDivergence.forward(r, t as never, {}) }),
        traits,
      );
      // The logits differ by `distance`, and are themselves rounded to 2e-7.
      const error = Math.abs(kl!.data[0]! / truth - 1);
      expect(error, `${label}, ${truth} nats`).toBeLessThan(1e-6 / distance);
    }
  }
  const same = { ...problem(9, 16, 65), oldHidden: problem(9, 16, 65).hidden! };
  const { divergences } = await runRecorded(device, same, (r, t) => ({
    ...tokenDivergence.forward(r, t as never, {}),
  }));
  expect([...divergences!.data]).toEqual(new Array(9).fill(0));
});

test('a single word is certain, before and after', async () => {
  const { device } = await testGpu();
  const { kl } = await runRecorded(device, problem(5, 16, 1), (r, t) => ({
    ...tokenDivergence.forward(r, t as never, {}),
  }));
  expect(kl!.data[0]).toBeCloseTo(0, 6);
});
