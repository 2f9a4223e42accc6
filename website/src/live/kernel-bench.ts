import type { Bench, HostArrays } from '@attune/kernels';
import { record, tensorsOf, truth, uploaded } from './kernel';
import type { RunSpec } from './live';
import { arraysOf, worstError } from './numbers';

const bytesOf = (arrays: HostArrays) =>
  Object.values(arrays).reduce((sum, { data }) => sum + 4 * data.length, 0);

/** What a kernel's page runs, as a bench: for kernels that have no `x.bench.ts`. */
export function benchOf(kernel: string, run: RunSpec): Bench {
  const count = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);
  const shapes = Object.values(run.inputs).map(({ shape }) => shape);
  const largest = shapes.reduce((a, b) => (count(b) > count(a) ? b : a));
  // Drawn and computed in float64 on the CPU, so only where the bench is wanted.
  let made: (ReturnType<typeof truth> & { inputs: HostArrays }) | undefined;
  const problem = () => {
    const inputs = arraysOf(run);
    made ??= { inputs, ...truth(run, inputs, false) };
    return made;
  };
  return {
    name: `${kernel} ${largest.join('x')}`,
    flops: 0,
    get bytes() {
      if (run.bytes !== undefined) return run.bytes;
      const { inputs, given, expected } = problem();
      return bytesOf(inputs) + bytesOf(given) + bytesOf(expected);
    },
    record(recorder) {
      const { inputs, given, names, expected } = problem();
      const placed = uploaded(run, inputs);
      const [own, cotangents] = [tensorsOf(recorder, placed), tensorsOf(recorder, given)];
      const found = record(recorder, run, own, cotangents, names);
      return {
        inputs: [],
        outputs: Object.keys(expected).map((name) => found[name]!),
        given: [
          ...Object.entries(own).map(([name, tensor]) => [tensor, placed[name]!.data] as const),
          ...Object.entries(cotangents).map(
            ([name, tensor]) => [tensor, given[name]!.data] as const,
          ),
        ],
      };
    },
    worstError(_, outputs) {
      const errors = Object.values(problem().expected).map((array, i) =>
        worstError({ shape: array.shape, data: outputs[i]! }, array),
      );
      return Math.max(...errors);
    },
    tolerance: run.tolerance,
  };
}
