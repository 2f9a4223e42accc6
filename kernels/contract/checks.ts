import { testGpu } from '@attune/gpu/testing';
import { expect } from 'vitest';
import type { HostArrays, Operation, Tensors } from './operation.ts';
import { runRecorded } from './prepare.ts';
import type { KernelTraits } from './recorder.ts';
import { array, elements, type HostArray, type Shape, type Tensor } from './tensor.ts';

/** Reproducible numbers in [-0.5, 0.5) × `scale`, as float32 values. */
export function random(shape: Shape, seed: number, scale = 1): HostArray {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const data = Float32Array.from({ length: elements(shape) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * scale;
  });
  return array(shape, data);
}

const isFloat = (a: HostArray) => a.data instanceof Float32Array || a.data instanceof Float64Array;

function doubled(inputs: HostArrays): HostArrays {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, a]) => [
      name,
      isFloat(a) ? { shape: a.shape, data: Float64Array.from(a.data) } : a,
    ]),
  );
}

/**
 * The reference's gradient against central differences of the reference's forward, in float64.
 * `sample` bounds how many elements of each input are tried.
 */
export function checkGradients<I extends Tensors, O extends Tensors, A>(
  op: Operation<I, O, A>,
  inputs: HostArrays,
  options: A,
  {
    wrt,
    tolerance = 1e-6,
    step = 1e-5,
    sample = 40,
  }: {
    wrt?: string[];
    tolerance?: number;
    step?: number;
    sample?: number;
  } = {},
): void {
  const exact = doubled(inputs);
  const outputs = op.reference.forward(exact, options);
  const cotangents: HostArrays = {};
  Object.entries(outputs).forEach(([name, o], i) => {
    cotangents[name] = { shape: o.shape, data: Float64Array.from(random(o.shape, 77 + i).data) };
  });
  const objective = (x: HostArrays) => {
    let sum = 0;
    for (const [name, o] of Object.entries(op.reference.forward(x, options))) {
      const g = cotangents[name]!.data;
      for (let i = 0; i < g.length; i++) sum += g[i]! * o.data[i]!;
    }
    return sum;
  };
  const gradients = op.reference.backward!(exact, cotangents, options);
  const names = wrt ?? Object.keys(gradients);
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) {
    const data = exact[name]!.data;
    const gradient = gradients[name]!.data;
    expect(gradient.length, `length of d${name}`).toBe(data.length);
    const stride = Math.max(1, Math.floor(data.length / sample));
    for (let i = 0; i < data.length; i += stride) {
      const kept = data[i]!;
      data[i] = kept + step;
      const above = objective(exact);
      data[i] = kept - step;
      const below = objective(exact);
      data[i] = kept;
      const numeric = (above - below) / (2 * step);
      const error = Math.abs(numeric - gradient[i]!) / (1 + Math.abs(numeric));
      expect(
        error,
        `${op.name}: d${name}[${i}] is ${gradient[i]}, numerically ${numeric}`,
      ).toBeLessThan(tolerance);
    }
  }
}

/** Largest |actual − expected| ÷ (largest |expected| of the array, or `floor`): NaN counts as infinite. */
export function worstError(actual: HostArray, expected: HostArray, floor = 1e-30): number {
  let scale = floor;
  for (const value of expected.data) scale = Math.max(scale, Math.abs(value));
  let worst = actual.data.length === expected.data.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < expected.data.length; i++) {
    const error = Math.abs(actual.data[i]! - expected.data[i]!);
    worst = Math.max(worst, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error);
  }
  return worst / scale;
}

/** The adapter as it is, and as if it lacked what variants depend on: each way a kernel may be built here. */
export async function variants(): Promise<[string, KernelTraits][]> {
  const { traits } = await testGpu();
  const list: [string, KernelTraits][] = [
    ['without barriers', { ...traits, software: true, subgroups: false }],
    ['with workgroup memory', { ...traits, software: false, subgroups: false }],
  ];
  if (traits.subgroups) {
    list.push(['with subgroups, software', { ...traits, software: true }]);
    list.push(['with subgroups', { ...traits, software: false }]);
  }
  return list;
}

/**
 * Forward and backward kernels against the float64 reference, in every variant that this adapter can run.
 * Gradients are scaled by `gradientScale` (an operation is not always the last of a graph).
 */
export async function checkKernel<I extends Tensors, O extends Tensors, A>(
  op: Operation<I, O, A>,
  inputs: HostArrays,
  options: A,
  {
    tolerance = 2e-6,
    gradientTolerance = tolerance,
    needs,
    gradientScale = 0.7,
    outputs: compared,
  }: {
    tolerance?: number;
    gradientTolerance?: number;
    needs?: string[];
    gradientScale?: number;
    /** Names of outputs to compare; by default all that the reference returns. */
    outputs?: string[];
  } = {},
): Promise<void> {
  const gpu = await testGpu();
  const expected = op.reference.forward(doubled(inputs), options);
  const names = compared ?? Object.keys(expected);
  const cotangents: HostArrays = {};
  names.forEach((name, i) => {
    cotangents[`d_${name}`] = random(expected[name]!.shape, 31 + i, gradientScale);
  });
  const backward = op.backward && op.reference.backward;
  const truth = backward
    ? op.reference.backward!(
        doubled(inputs),
        doubled(Object.fromEntries(names.map((n) => [n, cotangents[`d_${n}`]!]))),
        options,
      )
    : {};
  const wanted = needs ?? Object.keys(truth);
  const summed = (op.sums ?? []).filter((name) => wanted.includes(name));
  const others = Object.fromEntries(
    summed.map((name, i) => [`plus_${name}`, random(inputs[name]!.shape, 61 + i)]),
  );
  for (const [label, traits] of await variants()) {
    const where = `${op.name} ${label} ${JSON.stringify(Object.entries(inputs).map(([n, a]) => [n, a.shape]))}`;
    const results = await runRecorded(
      gpu.device,
      backward ? { ...inputs, ...cotangents, ...others } : inputs,
      (recorder, all) => {
        const own = Object.fromEntries(Object.keys(inputs).map((n) => [n, all[n]!]));
        const outputs = op.forward(recorder, own as unknown as I, options);
        const found: Record<string, Tensor | undefined> = {};
        for (const name of names) found[name] = outputs[name];
        if (backward) {
          const gradientsOf = (needs: string[], plus = {}) =>
            op.backward!(recorder, {
              inputs: own as unknown as I,
              outputs,
              options,
              gradients: Object.fromEntries(names.map((n) => [n, all[`d_${n}`]])) as never,
              needs: Object.fromEntries(needs.map((n) => [n, true])) as never,
              into: {},
              plus,
            });
          const gradients = gradientsOf(wanted);
          for (const name of wanted) found[`d_${name}`] = gradients[name];
          if (summed.length > 0) {
            const plus = Object.fromEntries(summed.map((n) => [n, all[`plus_${n}`]]));
            const sums = gradientsOf(summed, plus);
            for (const name of summed) found[`sum_${name}`] = sums[name];
          }
        }
        return found;
      },
      traits,
    );
    for (const name of names) {
      const error = worstError(results[name]!, expected[name]!);
      expect(error, `${where}: ${name}`).toBeLessThan(tolerance);
    }
    for (const name of wanted) {
      expect(results[`d_${name}`], `${where}: d_${name} missing`).toBeDefined();
      const error = worstError(results[`d_${name}`]!, truth[name]!);
      expect(error, `${where}: d_${name}`).toBeLessThan(gradientTolerance);
    }
    for (const name of summed) {
      const other = others[`plus_${name}`]!.data;
      const { shape, data } = truth[name]!;
      const sum = { shape, data: Float64Array.from(data, (value, i) => value + other[i]!) };
      const error = worstError(results[`sum_${name}`]!, sum);
      expect(error, `${where}: sum_${name}`).toBeLessThan(gradientTolerance);
    }
  }
}

/** How the reference's outputs move where its inputs move by `tangents`: fourth-order differences in float64. */
function movement<I extends Tensors, O extends Tensors, A>(
  { reference }: Operation<I, O, A>,
  inputs: HostArrays,
  tangents: HostArrays,
  options: A,
): HostArrays {
  const step = 1e-3;
  const at = (factor: number) => {
    const moved = doubled(inputs);
    for (const [name, { data }] of Object.entries(tangents)) {
      const values = moved[name]!.data;
      for (let i = 0; i < values.length; i++) values[i] = values[i]! + factor * step * data[i]!;
    }
    return reference.forward(moved, options);
  };
  const [far, near, here, there] = [-2, -1, 1, 2].map(at) as [
    HostArrays,
    HostArrays,
    HostArrays,
    HostArrays,
  ];
  return Object.fromEntries(
    Object.entries(near).map(([name, { shape, data }]) => {
      const slope = (_: number, i: number) =>
        (8 * (here[name]!.data[i]! - data[i]!) - (there[name]!.data[i]! - far[name]!.data[i]!)) /
        (12 * step);
      return [name, { shape, data: Float64Array.from(data, slope) }];
    }),
  );
}

/**
 * The forward-mode rule against differences of the float64 reference, in every variant that this adapter can run: with
 * each of the inputs `wrt` moving alone, and all of them at once.
 */
export async function checkTangent<I extends Tensors, O extends Tensors, A>(
  op: Operation<I, O, A>,
  inputs: HostArrays,
  options: A,
  {
    wrt,
    tolerance = 3e-6,
    outputs: compared,
  }: {
    wrt: string[];
    tolerance?: number;
    /** Names of outputs to compare; by default all that the reference returns. */
    outputs?: string[];
  },
): Promise<void> {
  const { device } = await testGpu();
  const moves = Object.fromEntries(
    wrt.map((name, i) => [name, random(inputs[name]!.shape, 91 + i)]),
  );
  const together = wrt.length > 1 ? [wrt] : [];
  for (const moving of [...wrt.map((name) => [name]), ...together]) {
    const tangents = Object.fromEntries(moving.map((name) => [name, moves[name]!]));
    const expected = movement(op, inputs, doubled(tangents), options);
    const names = compared ?? Object.keys(expected);
    const arrays = { ...inputs };
    for (const [name, tangent] of Object.entries(tangents)) arrays[`t_${name}`] = tangent;
    for (const [label, traits] of await variants()) {
      const results = await runRecorded(
        device,
        arrays,
        (recorder, all) => {
          const own = Object.fromEntries(Object.keys(inputs).map((n) => [n, all[n]!]));
          const context = {
            inputs: own as unknown as I,
            outputs: op.forward(recorder, own as unknown as I, options),
            options,
            tangents: Object.fromEntries(moving.map((n) => [n, all[`t_${n}`]!])) as never,
          };
          return { ...op.tangent!(recorder, context) };
        },
        traits,
      );
      for (const name of names) {
        const where = `${op.name} ${label}: ${name} as ${moving} move`;
        expect(results[name], `${where} is missing`).toBeDefined();
        expect(worstError(results[name]!, expected[name]!), where).toBeLessThan(tolerance);
      }
    }
  }
}
