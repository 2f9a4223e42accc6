import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array } from '../../contract/index.ts';
import { gelu, geluReference } from './gelu.ts';

test('equals known values of both forms', () => {
  const x = array([5], Float64Array.from([0, 1, -1, 2, -6]));
  const exact = geluReference.forward({ x }, { approximate: 'none' }).y!.data;
  const known = [0, 0.8413447460685429, -0.15865525393145707, 1.9544997361036416];
  known.forEach((value, i) => void expect(exact[i]).toBeCloseTo(value, 14));
  expect(exact[4]! / (-6 * 9.865876450376946e-10)).toBeCloseTo(1, 6);
  const tanh = geluReference.forward({ x }, { approximate: 'tanh' }).y!.data;
  expect(tanh[1]).toBeCloseTo(0.8411919906082768, 14);
});

test.each(['none', 'tanh'] as const)(
  'its gradient is that of finite differences, %s',
  (approximate) => {
    checkGradients(gelu, { x: random([60], 1, 9) }, { approximate });
  },
);
