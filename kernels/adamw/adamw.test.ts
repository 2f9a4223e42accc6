import { expect, test } from 'vitest';
import { clipGradientsReference } from '../clip-gradients/clip-gradients.ts';
import { adamwReference, adamwSchedule } from './adamw.ts';
import fixture from './fixtures/torch-adamw.json' with { type: 'json' };

const settings = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.1 };

test('the first step moves each parameter by the learning rate against its gradient', () => {
  const p = Float64Array.of(1, 1, 1);
  const state = { p, m: new Float64Array(3), v: new Float64Array(3), g: [5, -1e-3, 0] };
  adamwReference(state, { ...settings, weightDecay: 0, lr: 0.1, step: 1 });
  [0.9, 1.1, 1].forEach((value, i) => {
    expect(p[i]).toBeCloseTo(value, 5);
  });
});

test('twenty clipped steps are those of PyTorch', () => {
  const p = Float64Array.from(fixture.initial);
  const [m, v] = [new Float64Array(p.length), new Float64Array(p.length)];
  const kept = [0, 9, 19];
  fixture.gradients.forEach((raw, i) => {
    const [norm, coefficient] = clipGradientsReference([raw], 1);
    expect(norm / fixture.norms[i]!).toBeCloseTo(1, 12);
    const g = raw.map((x) => x * coefficient);
    const step = { ...settings, lr: fixture.learningRates[i]!, step: i + 1 };
    adamwReference({ p, m, v, g }, step, fixture.decayed);
    const expected = fixture.parameters[kept.indexOf(i)];
    expected?.forEach((value, j) => {
      expect(p[j]! / value, `step ${i} element ${j}`).toBeCloseTo(1, 12);
    });
  });
});

test('the schedule holds 1 - β2 itself: f32 would lose it', () => {
  const schedule = adamwSchedule({ ...settings, lr: 1e-3, step: 3 });
  expect(schedule[7]! / 0.001).toBeCloseTo(1, 6);
  expect((1 - schedule[2]!) / 0.001).not.toBeCloseTo(1, 6);
  expect(schedule[5]).toBeCloseTo(1 - 0.729, 6);
});
