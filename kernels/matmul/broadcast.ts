import { type KernelTraits, shader } from '../contract/index.ts';
import type { MatmulVariant } from './choose.ts';
import text from './matmul.broadcast.wgsl';
import type { Problem } from './problem.ts';

const source = shader('matmul.broadcast', text);

/** Lanes of a subgroup, where their number is certain and one that the shader is written for. */
function lanesOf({ subgroups, subgroupMinSize, subgroupMaxSize }: KernelTraits): number {
  const certain = subgroups && subgroupMinSize === subgroupMaxSize;
  return certain && [4, 8, 16].includes(subgroupMaxSize) ? subgroupMaxSize : 0;
}

/**
 * Instructions for all tiles of m × n, up to a factor: each turn of the loop loads 4 + `loads` vectors
 * and multiplies `loads` × `lanes` rows. Counted in the machine code of lavapipe.
 */
function cost(m: number, n: number, lanes: number, loads: number): number {
  const tiles = Math.ceil(m / (loads * lanes)) * Math.ceil(n / (4 * lanes));
  return tiles * (33 * lanes * (4 + loads) + 50 * lanes * loads);
}

/** The transposed problem: yᵀ = op(b)ᵀ·op(a)ᵀ. */
function turned(problem: Problem): Problem {
  const { m, n, transposeA, transposeB } = problem;
  return { ...problem, m: n, n: m, transposeA: !transposeB, transposeB: !transposeA };
}

/** Lanes hand elements of a round: for CPU adapters, where a load costs more than arithmetic. */
export const broadcast: MatmulVariant = {
  name: 'broadcast',
  canRun: (traits) => lanesOf(traits) > 0,
  record(recorder, { a, b, bias, y }, problem) {
    const lanes = lanesOf(recorder.traits);
    // A tile is wider than high, and may be lower: the shape that leaves the fewest cells empty.
    const shapes = [false, true].flatMap((turn) =>
      [4, 2, 1].map((loads) => {
        const [m, n] = turn ? [problem.n, problem.m] : [problem.m, problem.n];
        return { turn, loads, cost: cost(m, n, lanes, loads) };
      }),
    );
    const { turn, loads } = shapes.reduce((best, s) => (s.cost < best.cost ? s : best));
    const { batch, m, n, k, scale, transposeA, transposeB } = turn ? turned(problem) : problem;
    recorder.dispatch(source, {
      tensors: { a: turn ? b : a, b: turn ? a : b, y, ...(bias && { bias }) },
      defines: {
        TRANSPOSE_A: transposeA,
        TRANSPOSE_B: transposeB,
        TRANSPOSE_Y: turn,
        VECTOR_A: !transposeA && k % 4 === 0,
        VECTOR_B: (transposeB ? k : n) % 4 === 0,
        VECTOR_Y: problem.n % 4 === 0,
        ODD_K: k % 4 !== 0,
        ACCUMULATE: problem.accumulate,
        BIAS: Boolean(bias),
        LANES_4: lanes === 4,
        LANES_16: lanes === 16,
        LOADS_2: loads >= 2,
        LOADS_4: loads === 4,
      },
      constants: { LANES: lanes, LOADS: loads },
      params: { m, n, k, scale },
      workgroups: [Math.ceil(m / (loads * lanes)), Math.ceil(n / (4 * lanes)), batch],
    });
  },
};
