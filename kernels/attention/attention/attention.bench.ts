import {
  array,
  type Bench,
  type HostArrays,
  type Recorder,
  worstDifference,
} from '../../contract/index.ts';
import { attention } from './attention.ts';

const [heads, kvHeads, headDim] = [9, 3, 64];

/** SmolLM2-135M's attention; a causal product is half of a full one, its gradient two and a half of it. */
function causal(rows: number, length: number, gradient: boolean): Bench {
  const options = { rows, length, heads, kvHeads, headDim };
  const tokens = rows * length;
  const [wide, narrow] = [
    [tokens, heads * headDim],
    [tokens, kvHeads * headDim],
  ];
  const bounds = Int32Array.from({ length: 2 * tokens }, (_, i) => (i % 2) * length);
  const record = (recorder: Recorder) => {
    const q = recorder.tensor('q', wide!);
    const k = recorder.tensor('k', narrow!);
    const v = recorder.tensor('v', narrow!);
    const dy = recorder.tensor('dy', wide!);
    const seen = recorder.tensor('bounds', [tokens, 2], 'i32');
    const inputs = { q, k, v, bounds: seen };
    const outputs = attention.forward(recorder, inputs, options);
    const context = { inputs, outputs, options, gradients: { y: dy }, into: {} };
    const needs = { q: true, k: true, v: true };
    const found = gradient && attention.backward!(recorder, { ...context, needs });
    return {
      inputs: gradient ? [q, k, v, dy] : [q, k, v],
      outputs: [found ? found.k! : outputs.y],
      given: [[seen, bounds]] as const,
    };
  };
  return {
    name: `attention ${rows}x${length}${gradient ? ' with gradient' : ''}`,
    flops: 2 * heads * headDim * rows * length ** 2 * (gradient ? 3.5 : 1),
    record,
    worstError([q, k, v, dy], [output]) {
      const inputs: HostArrays = {
        q: array(wide!, q!),
        k: array(narrow!, k!),
        v: array(narrow!, v!),
        bounds: array([tokens, 2], bounds),
      };
      const truth = gradient
        ? attention.reference.backward!(inputs, { y: array(wide!, dy!) }, options).k!
        : attention.reference.forward(inputs, options).y!;
      return worstDifference(output!, truth.data);
    },
    tolerance: 1e-4,
  };
}

export const benches: Bench[] = [
  causal(2, 128, false),
  causal(2, 128, true),
  causal(1, 512, false),
  causal(1, 512, true),
];
