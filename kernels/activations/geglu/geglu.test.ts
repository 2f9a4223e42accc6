import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array } from '../../contract/index.ts';
import { geglu, gegluReference } from './geglu.ts';

const tanh = { approximate: 'tanh' } as const;

test('is half of gate · up for a small gate, gate · up for a large one, and 0 for a very negative one', () => {
  const gate = array([1, 3], [1e-6, 40, -40]);
  const up = array([1, 3], [2, 3, 5]);
  const { y } = gegluReference.forward({ gate, up }, tanh);
  expect(y!.data[0]).toBeCloseTo(1e-6, 11);
  expect(y!.data[1]).toBeCloseTo(120, 10);
  expect(y!.data[2]).toBeCloseTo(0, 10);
});

test('up may stand behind the gate in each row', () => {
  const packed = { gate: array([2, 4], [1, 2, 10, 20, 3, 4, 30, 40]) };
  const apart = { gate: array([2, 2], [1, 2, 3, 4]), up: array([2, 2], [10, 20, 30, 40]) };
  expect(gegluReference.forward(packed, tanh)).toEqual(gegluReference.forward(apart, tanh));
});

test.each(['none', 'tanh'] as const)(
  'the gradients (%s) are those of finite differences',
  (kind) => {
    const options = { approximate: kind };
    checkGradients(geglu, { gate: random([4, 9], 1, 6), up: random([4, 9], 2) }, options);
    checkGradients(geglu, { gate: random([4, 10], 3, 6) }, options);
  },
);
