import { expect, test } from 'vitest';
import { checkGradients, random } from '../../contract/checks.ts';
import { array, Recording } from '../../contract/index.ts';
import { valueClip, valueClipReference } from './value-clip.ts';

/** Old values 0, range 0.2; values inside, beyond and far from what was reached; the last is masked. */
const inputs = {
  values: array([5], [0.1, 0.5, 0.5, -0.5, 9]),
  returns: array([5], [1, 1, -1, -1, 0]),
  oldValues: array([5], new Float64Array(5)),
  mask: array([5], [1, 1, 1, 1, 0]),
  scale: array([1], [1]),
};

test('without a range the loss is half the squared error of the masked tokens', () => {
  const { loss } = valueClipReference.forward(inputs, {});
  expect(loss!.data[0]).toBeCloseTo(0.5 * (0.81 + 0.25 + 2.25 + 0.25), 6);
});

test('with a range the greater square counts: gains beyond it are not believed', () => {
  const { loss } = valueClipReference.forward(inputs, { clipRange: 0.2 });
  expect(loss!.data[0]).toBeCloseTo(0.5 * (0.81 + 0.64 + 2.25 + 0.64), 6);
});

test('the slope is the error, and 0 where the clipped square is the greater', () => {
  const cotangent = { loss: array([1], [1]) };
  const { values } = valueClipReference.backward(inputs, cotangent, { clipRange: 0.2 });
  [-0.9, 0, 1.5, 0, 0].forEach((slope, i) => {
    expect(values!.data[i]).toBeCloseTo(slope, 6);
  });
});

test('metrics count what is clipped, and sum errors, values and returns', () => {
  const metrics = valueClipReference.metrics(inputs, { clipRange: 0.2 });
  [4, 2, 3.56, 0.6, 0, 4].forEach((value, i) => {
    expect(metrics[i]).toBeCloseTo(value, 6);
  });
});

test('the gradient of both forms is that of finite differences', () => {
  const some = {
    values: random([31], 1, 2),
    returns: random([31], 2, 2),
    oldValues: random([31], 3, 2),
    mask: array(
      [31],
      Float32Array.from({ length: 31 }, (_, i) => (i % 4 === 1 ? 0 : 1)),
    ),
    scale: array([1], [0.5]),
  };
  checkGradients(valueClip, some, {}, { wrt: ['values'] });
  checkGradients(valueClip, some, { clipRange: 0.2 }, { wrt: ['values'] });
});

test('a range that is none, or without old values, is refused', () => {
  const recorder = new Recording({} as never);
  const tensor = (name: string) => recorder.tensor(name, [3]);
  const given = {
    values: tensor('values'),
    returns: tensor('returns'),
    mask: tensor('mask'),
    scale: recorder.tensor('scale', [1]),
  };
  expect(() => valueClip.forward(recorder, given, { clipRange: 0.2 })).toThrow(/not given/);
  const old = { ...given, oldValues: tensor('oldValues') };
  expect(() => valueClip.forward(recorder, old, { clipRange: -1 })).toThrow(/clipRange is -1/);
});
