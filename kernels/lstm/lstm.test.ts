import { expect, test } from 'vitest';
import { checkGradients, random } from '../contract/checks.ts';
import { array, Recording } from '../contract/index.ts';
import { lstm, lstmReference } from './lstm.ts';

test('one unit over two rows is what the formula says by hand', () => {
  const inputs = {
    gates: array([2, 4], Float64Array.from([0, 0, 1, 0, 0, 0, 0, 0])),
    weight: array([4, 1], Float64Array.from([0, 0, 0, 0])),
    bias: array([4], Float64Array.from([0, 0, 0, 0])),
  };
  const { data } = lstmReference.forward(inputs, {}).y!;
  const first = 0.5 * Math.tanh(1);
  expect(data[0]).toBeCloseTo(0.5 * Math.tanh(first), 12);
  // The second row forgets half of the cell and adds nothing.
  expect(data[1]).toBeCloseTo(0.5 * Math.tanh(first / 2), 12);
});

test('backwards it is the walk over the rows turned round', () => {
  const inputs = {
    gates: random([5, 12], 1, 3),
    weight: random([12, 3], 2),
    bias: random([12], 3),
  };
  const turned = Array.from({ length: 5 }, (_, t) => [
    ...inputs.gates.data.subarray((4 - t) * 12, (5 - t) * 12),
  ]).flat();
  const there = lstmReference.forward(inputs, { reverse: true }).y!.data;
  const back = lstmReference.forward({ ...inputs, gates: array([5, 12], turned) }, {}).y!.data;
  for (let t = 0; t < 5; t++) {
    for (let u = 0; u < 3; u++) expect(there[t * 3 + u]).toBeCloseTo(back[(4 - t) * 3 + u]!, 12);
  }
});

test.each([false, true])('its gradients are those of finite differences, reverse %s', (reverse) => {
  const inputs = {
    gates: random([4, 12], 1, 3),
    weight: random([12, 3], 2, 2),
    bias: random([12], 3),
  };
  checkGradients(lstm, inputs, { reverse });
});

test('a weight that is not four squares is refused with its numbers', () => {
  const recorder = new Recording({} as never);
  const tensors = {
    gates: recorder.tensor('gates', [3, 8]),
    weight: recorder.tensor('weight', [6, 2]),
    bias: recorder.tensor('bias', [8]),
  };
  expect(() => lstm.forward(recorder, tensors, {})).toThrow('expected [8,·]');
});
