import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array } from '../../contract/index.ts';
import { activate, activateReference } from './activate.ts';

test('equals known values', () => {
  const x = array([3], Float64Array.from([-1, 0, 2]));
  const of = (kind: 'relu' | 'tanh' | 'silu') => [
    ...activateReference.forward({ x }, { kind }).y!.data,
  ];
  expect(of('relu')).toEqual([0, 0, 2]);
  expect(of('tanh')).toEqual([-0.7615941559557649, 0, 0.9640275800758169]);
  expect(of('silu')[2]).toBeCloseTo(1.7615941559557649, 12);
});

test.each(['relu', 'tanh', 'silu'] as const)(
  'its gradient is that of finite differences, %s',
  (kind) => {
    checkGradients(activate, { x: random([60], 1, 9) }, { kind });
  },
);
