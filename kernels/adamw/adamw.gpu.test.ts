import { testGpu } from '@attune/gpu/testing';
import { expect, test } from 'vitest';
import { recordClip } from '../clip-gradients/clip-gradients.ts';
import { random, variants, worstError } from '../contract/checks.ts';
import { array, type HostArrays, runRecorded } from '../contract/index.ts';
import { type AdamWTensors, adamwReference, adamwSchedule, recordAdamW } from './adamw.ts';
import fixture from './fixtures/torch-adamw.json' with { type: 'json' };

const settings = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.1 };
const untouched = array([4], [0, 1, 1, 0]);

test('twenty clipped steps stay with PyTorch, moments too', async () => {
  const { device } = await testGpu();
  const n = fixture.initial.length;
  for (const [label, traits] of await variants()) {
    const arrays: HostArrays = {
      parameters: array([n], fixture.initial),
      m: array([n], new Float32Array(n)),
      v: array([n], new Float32Array(n)),
      maxNorm: array([1], [1]),
    };
    fixture.gradients.forEach((g, i) => {
      arrays[`g${i}`] = array([n], g);
      const step = { ...settings, lr: fixture.learningRates[i]!, step: i + 1 };
      arrays[`s${i}`] = array([8], adamwSchedule(step));
    });
    const { parameters, m, v } = await runRecorded(
      device,
      arrays,
      (r, t) => {
        const state = { parameters: t.parameters!, m: t.m!, v: t.v! };
        for (let i = 0; i < 20; i++) {
          const [gradients, schedule] = [t[`g${i}`]!, t[`s${i}`]!];
          const clip = recordClip(r, { gradients: [gradients], maxNorm: t.maxNorm! });
          recordAdamW(r, { ...state, gradients, schedule, clip }, { decayCount: fixture.decayed });
        }
        return state;
      },
      traits,
    );
    const truth = (data: number[]) => ({ shape: [n], data: Float64Array.from(data) });
    expect(worstError(parameters!, truth(fixture.parameters[2]!)), label).toBeLessThan(1e-6);
    expect(worstError(m!, truth(fixture.m)), label).toBeLessThan(2e-6);
    expect(worstError(v!, truth(fixture.v)), label).toBeLessThan(2e-6);
  }
});

test.each([1, 63, 64, 65, 257, 100_003])('a step of %i parameters equals float64', async (n) => {
  const { device } = await testGpu();
  const step = { ...settings, lr: 0.01, step: 5 };
  const arrays = {
    parameters: random([n], 1),
    gradients: random([n], 2, 3),
    m: random([n], 3),
    v: { shape: [n], data: random([n], 4).data.map((x) => x * x) },
    schedule: array([8], adamwSchedule(step)),
    clip: array([4], [9, 0.25, 1, 0]),
  };
  const p = Float64Array.from(arrays.parameters.data);
  const state = { p, m: Float64Array.from(arrays.m.data), v: Float64Array.from(arrays.v.data) };
  const decayed = Math.floor(n / 3);
  const g = Float64Array.from(arrays.gradients.data, (x) => x * 0.25);
  adamwReference({ ...state, g }, step, decayed);
  for (const [label, traits] of await variants()) {
    const { parameters, m, v } = await runRecorded(
      device,
      arrays,
      (r, t) => {
        recordAdamW(r, t as never, { decayCount: decayed });
        return t;
      },
      traits,
    );
    expect(worstError(parameters!, { shape: [n], data: p }), label).toBeLessThan(1e-6);
    expect(worstError(m!, { shape: [n], data: state.m }), label).toBeLessThan(1e-6);
    expect(worstError(v!, { shape: [n], data: state.v }), label).toBeLessThan(1e-6);
  }
});

test('a schedule without 1 - β2 takes it from β2', async () => {
  const { device } = await testGpu();
  const schedule = adamwSchedule({ ...settings, lr: 0.01, step: 1 });
  schedule[7] = 0;
  const arrays = {
    parameters: array([1], [1]),
    gradients: array([1], [0.5]),
    m: array([1], [0]),
    v: array([1], [0]),
    schedule: array([8], schedule),
    clip: untouched,
  };
  const { v } = await runRecorded(device, arrays, (r, t) => {
    recordAdamW(r, t as never, { decayCount: 0 });
    return t;
  });
  expect(v!.data[0]! / 2.5e-4).toBeCloseTo(1, 4);
});

test('gradients that are not finite change nothing', async () => {
  const { device } = await testGpu();
  const arrays = {
    parameters: random([70], 1),
    gradients: random([70], 2),
    m: random([70], 3),
    v: random([70], 4),
    schedule: array([8], adamwSchedule({ ...settings, lr: 0.01, step: 1 })),
    maxNorm: array([1], [1]),
  };
  arrays.gradients.data[69] = Number.NaN;
  const found = await runRecorded(device, arrays, (r, t) => {
    const clip = recordClip(r, { gradients: [t.gradients!], maxNorm: t.maxNorm! });
    recordAdamW(r, { ...(t as unknown as AdamWTensors), clip }, { decayCount: 70 });
    return t;
  });
  for (const name of ['parameters', 'm', 'v'] as const) {
    expect(found[name]!.data).toEqual(arrays[name].data);
  }
});

test('what stands behind a view of odd length stays', async () => {
  const { device } = await testGpu();
  const whole = random([68], 1);
  const arrays = {
    whole,
    gradients: random([3], 2),
    m: array([3], [0, 0, 0]),
    v: array([3], [0, 0, 0]),
    schedule: array([8], adamwSchedule({ ...settings, lr: 0.01, step: 1 })),
    clip: untouched,
  };
  const found = await runRecorded(device, arrays, (r, { whole, ...rest }) => {
    recordAdamW(
      r,
      { ...(rest as unknown as AdamWTensors), parameters: r.view(whole!, [3], 64) },
      { decayCount: 3 },
    );
    return { whole };
  });
  expect(found.whole!.data[67]).toBe(whole.data[67]);
  expect(found.whole!.data[66]).not.toBe(whole.data[66]);
});
