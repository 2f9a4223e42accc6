import { expect, test } from 'vitest';
import { array, Recording } from '../contract/index.ts';
import fixture from './fixtures/transformers-warpers.json' with { type: 'json' };
import {
  type SampleOptions,
  sample,
  sampleProbabilities,
  sampleReference,
  sampleState,
} from './sampling.ts';

const logits = [0.4, 0.1, 0.3, 0.15, 0.05].map(Math.log);
const close = (actual: Float64Array, expected: number[]) =>
  expected.forEach((p, i) => {
    expect(actual[i]).toBeCloseTo(p, 12);
  });

test('filters keep what transformers keeps, and share the rest anew', () => {
  close(sampleProbabilities(logits, { temperature: 1 }), [0.4, 0.1, 0.3, 0.15, 0.05]);
  close(sampleProbabilities(logits, { temperature: 1, topK: 2 }), [4 / 7, 0, 3 / 7, 0, 0]);
  close(sampleProbabilities(logits, { temperature: 1, topP: 0.75 }), [
    8 / 17,
    0,
    6 / 17,
    3 / 17,
    0,
  ]);
  close(sampleProbabilities(logits, { temperature: 1, topP: 0.01 }), [1, 0, 0, 0, 0]);
  close(sampleProbabilities(logits, { temperature: 1, minP: 0.3 }), [8 / 17, 0, 6 / 17, 3 / 17, 0]);
  // Of the three kept, 0.4 and 0.3 are 82 %: top-p counts what top-k left.
  close(sampleProbabilities(logits, { temperature: 1, topK: 3, topP: 0.8 }), [
    4 / 7,
    0,
    3 / 7,
    0,
    0,
  ]);
});

test('temperature, top-k, top-p and min-p leave the probabilities that transformers leaves', () => {
  for (const { options, logits, probabilities } of fixture.cases) {
    close(sampleProbabilities(logits, options as SampleOptions), probabilities);
  }
});

test('temperature sharpens before the filters look', () => {
  const squares = [0.16, 0.01, 0.09, 0.0225, 0.0025];
  const total = squares.reduce((a, b) => a + b);
  close(
    sampleProbabilities(logits, { temperature: 0.5 }),
    squares.map((p) => p / total),
  );
});

test('greedy takes the lowest of equal logits and reports its own log-probability', () => {
  const inputs = { logits: array([1, 4], [0, 2, 2, 1]), state: array([4], sampleState(1)) };
  const { ids, logps } = sampleReference.forward(inputs, { temperature: 0 });
  expect(ids!.data[0]).toBe(1);
  expect(logps!.data[0]).toBeCloseTo(-Math.log(2 + Math.exp(-1) + Math.exp(-2)), 12);
});

test.each([
  [{ temperature: -1 }],
  [{ temperature: 1, topK: 2.5 }],
  [{ temperature: 1, topP: 0 }],
  [{ temperature: 1, minP: 2 }],
])('%j is refused', (options) => {
  const recorder = new Recording({ software: true } as never);
  const inputs = {
    logits: recorder.tensor('logits', [1, 4]),
    state: recorder.tensor('state', [4], 'u32'),
  };
  expect(() => sample.forward(recorder, inputs, options)).toThrow(/Sampling was asked for/);
});
