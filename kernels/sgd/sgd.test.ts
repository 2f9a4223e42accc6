import { expect, test } from 'vitest';
import { sgdReference } from './sgd.ts';

test('each parameter moves by the rate times its gradient; decay pulls the first ones to zero', () => {
  const p = Float64Array.of(1, -2, 3);
  sgdReference({ p, g: [0.5, 0, 1] }, { lr: 0.1, weightDecay: 0.5 }, 2);
  [1 - 0.1 * 1, -2 + 0.1 * 1, 3 - 0.1].forEach((value, i) => {
    expect(p[i]).toBeCloseTo(value, 12);
  });
});
