import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { random, variants } from '../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../contract/index.ts';
import { clipGradientsReference, recordClip } from './clip-gradients.ts';

/** The clip of some buffers in every variant, with its label. */
async function clips(buffers: Float32Array[], maxNorm: number): Promise<[string, Float32Array][]> {
  const { device } = await testGpu();
  const arrays: HostArrays = { maxNorm: array([1], [maxNorm]) };
  buffers.forEach((g, i) => {
    arrays[`g${i}`] = array([g.length], g);
  });
  const found: [string, Float32Array][] = [];
  for (const [label, traits] of await variants()) {
    const { clip } = await runRecorded(
      device,
      arrays,
      (r, { maxNorm, ...rest }) => ({
        clip: recordClip(r, { gradients: Object.values(rest), maxNorm: maxNorm! }),
      }),
      traits,
    );
    found.push([label, clip!.data as Float32Array]);
  }
  return found;
}

async function compare(buffers: Float32Array[], maxNorm: number): Promise<void> {
  const [norm, coefficient] = clipGradientsReference(buffers, maxNorm);
  for (const [label, clip] of await clips(buffers, maxNorm)) {
    expect(Math.abs(clip[0]! / norm - 1), `${label}: norm ${clip[0]}, not ${norm}`).toBeLessThan(
      1e-6,
    );
    expect(Math.abs(clip[1]! / coefficient - 1), `${label}: coefficient`).toBeLessThan(2e-6);
    expect([clip[2], clip[3]], label).toEqual([1, 0]);
  }
}

const values = (n: number, seed: number, scale = 1) =>
  random([n], seed, scale).data as Float32Array;

test.each([1, 63, 64, 65, 257, 70_001])('the norm of %i numbers equals float64', async (n) => {
  await compare([values(n, 1)], 0.1);
});

test('buffers of several lengths count together', async () => {
  await compare([values(5, 1), values(1000, 2), values(9, 3, 30)], 1);
});

test('ten million numbers keep seven digits', async () => {
  await compare([values(10_000_001, 1).map((x) => x + 0.5)], 1);
});

test.each([1e-30, 1e-20, 1e15, 1e30])(
  'numbers about %d neither vanish nor overflow',
  async (scale) => {
    await compare([values(3000, 1, scale), values(3, 2, scale / 1000)], scale);
  },
);

test('one large number among small ones decides, wherever it stands', async () => {
  for (const place of [0, 1500, 2999]) {
    const g = values(3000, 1, 1e-12);
    g[place] = 1e12;
    await compare([g], 1);
  }
});

test('without a bound, or below it, the coefficient is 1', async () => {
  for (const bound of [0, -1, Number.POSITIVE_INFINITY, 1e6]) {
    for (const [label, clip] of await clips([values(100, 1)], bound)) {
      expect(clip[1], `${label} ${bound}`).toBe(1);
    }
  }
});

test('gradients of zero have norm 0 and stay', async () => {
  for (const [label, clip] of await clips([new Float32Array(100)], 1)) {
    expect([...clip], label).toEqual([0, 1, 1, 0]);
  }
});

test('NaN and infinity are found in any place, and the norm shows them', async () => {
  for (const place of [0, 77, 4998]) {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const g = values(4999, 1);
      g[place] = bad;
      for (const [label, clip] of await clips([values(10, 2), g], 1)) {
        expect(clip[0], label).toBe(Math.abs(bad));
        expect([clip[1], clip[2]], label).toEqual([0, 0]);
      }
    }
  }
});

test('a norm too large for f32 counts as infinite', async () => {
  for (const [label, clip] of await clips([new Float32Array(100).fill(3e38)], 1)) {
    expect([...clip], label).toEqual([Number.POSITIVE_INFINITY, 0, 0, 0]);
  }
});
