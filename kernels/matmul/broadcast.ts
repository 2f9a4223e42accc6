import { type KernelTraits, shader } from '../contract/index.ts';
import type { MatmulVariant } from './choose.ts';
import text from './matmul.broadcast.wgsl';
import type { Problem } from './problem.ts';

const source = shader('matmul.broadcast', text);
const tileRows = 16;

/** Lanes of a subgroup, where their number is certain and one that the shader is written for. */
function lanesOf({ subgroups, subgroupMinSize, subgroupMaxSize }: KernelTraits): number {
  const certain = subgroups && subgroupMinSize === subgroupMaxSize;
  return certain && [4, 8, 16].includes(subgroupMaxSize) ? subgroupMaxSize : 0;
}

const tiles = (m: number, n: number, lanes: number) =>
  Math.ceil(m / tileRows) * Math.ceil(n / (4 * lanes));

/** The transposed problem: yᵀ = op(b)ᵀ·op(a)ᵀ. */
function turned(problem: Problem): Problem {
  return {
    ...problem,
    m: problem.n,
    n: problem.m,
    transposeA: !problem.transposeB,
    transposeB: !problem.transposeA,
  };
}

/** Lanes hand elements of a round: for software adapters, where a load costs more than arithmetic. */
export const broadcast: MatmulVariant = {
  name: 'broadcast',
  canRun: (traits) => lanesOf(traits) > 0,
  record(recorder, { a, b, bias, y }, problem) {
    const lanes = lanesOf(recorder.traits);
    // A tile is wider than high: turn the product where that leaves fewer of its cells empty.
    const turn = tiles(problem.n, problem.m, lanes) < tiles(problem.m, problem.n, lanes);
    const { batch, m, n, k, scale, transposeA, transposeB } = turn ? turned(problem) : problem;
    recorder.dispatch(source, {
      tensors: { a: turn ? b : a, b: turn ? a : b, y, ...(bias && { bias }) },
      defines: {
        TRANSPOSE_A: transposeA,
        TRANSPOSE_B: transposeB,
        TRANSPOSE_Y: turn,
        VECTOR_A: (transposeA ? m : k) % 4 === 0,
        VECTOR_B: (transposeB ? k : n) % 4 === 0,
        VECTOR_Y: problem.n % 4 === 0,
        ODD_K: k % 4 !== 0,
        ACCUMULATE: problem.accumulate,
        BIAS: Boolean(bias),
        LANES_4: lanes === 4,
        LANES_16: lanes === 16,
      },
      constants: { LANES: lanes },
      params: { m, n, k, scale },
      workgroups: [Math.ceil(m / tileRows), Math.ceil(n / (4 * lanes)), batch],
    });
  },
};
